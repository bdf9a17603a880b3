import { expect, test, vi } from "vitest";
import { Alarm } from "../../src/work/alarm.ts";

test("a ring ends the sleep", async () => {
  const alarm = new Alarm();
  const slept = alarm.sleep(1_000_000);
  alarm.ring();
  await slept;
});

test("a ring before the sleep is not lost", async () => {
  const alarm = new Alarm();
  alarm.ring();
  await alarm.sleep(1_000_000);
});

test("a ring that was reset is forgotten, and a sleep that is over leaves no timer behind", async () => {
  vi.useFakeTimers();
  try {
    const alarm = new Alarm();
    alarm.ring();
    alarm.reset();
    let over = false;
    const slept = alarm.sleep(50).then(() => {
      over = true;
    });
    await vi.advanceTimersByTimeAsync(49);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await slept;
    const rung = alarm.sleep(50);
    alarm.ring();
    await rung;
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
