// Test API: groups, and what members do with them on their phones.
import { Hono } from "hono";
import { z } from "zod";
import { announce, changeMembers, changeSubject } from "../groups/changes.ts";
import { Group } from "../groups/group.ts";
import { node } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import { bodyOf, groupBy, phoneBy, phoneNumber } from "./request.ts";
import { groupView } from "./views.ts";

const newGroup = z.strictObject({
  subject: z.string().min(1).max(100),
  creator: phoneNumber,
  members: z.array(phoneNumber).default([]),
  mode: z.enum(["lid", "pn"]).default("lid"),
});
const memberChange = z.strictObject({
  by: phoneNumber,
  action: z.enum(["add", "remove", "promote", "demote"]),
  members: z.array(phoneNumber).min(1),
});

/** Routes under /groups. */
export function groupRoutes(world: World): Hono {
  const app = new Hono();
  app.get("/groups", (c) => c.json([...world.groups.values()].map(groupView)));
  app.post("/groups", async (c) => {
    const { subject, creator: pn, members, mode } = newGroup.parse(await bodyOf(c));
    const creator = phoneBy(world, pn);
    const group = new Group(world, { subject, creator, mode, members: members.map((each) => phoneBy(world, each)) });
    announce(world, group, { by: creator, change: node("create", { type: "new" }, [group.node()]) });
    return c.json(groupView(group), 201);
  });
  app.get("/groups/:jid", (c) => c.json(groupView(groupBy(world, c.req.param("jid")))));
  app.post("/groups/:jid/members", async (c) => {
    const group = groupBy(world, c.req.param("jid"));
    const { by, action, members } = memberChange.parse(await bodyOf(c));
    const phones = members.map((each) => phoneBy(world, each));
    changeMembers(world, group, { by: phoneBy(world, by), action, phones });
    return c.json(groupView(group));
  });
  app.post("/groups/:jid/subject", async (c) => {
    const group = groupBy(world, c.req.param("jid"));
    const { by, subject } = z.strictObject({ by: phoneNumber, subject: z.string().min(1) }).parse(await bodyOf(c));
    changeSubject(world, group, phoneBy(world, by), subject);
    return c.json(groupView(group));
  });
  return app;
}
