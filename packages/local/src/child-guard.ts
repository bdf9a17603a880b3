// Loaded before every program that the local platform starts (`node --import`): asks the program to stop when the
// platform's own process dies without having stopped it, so that a killed `npm start` leaves nothing behind.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref(); // the guard alone does not keep the program running
