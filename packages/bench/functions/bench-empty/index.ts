// The yardstick's lower end: a function that does nothing. What it costs is the gateway, HTTP and Deno. It reads the body,
// because Deno closes the connection under a body that nobody reads, and a new connection costs more than the function.
async function nothing(request: Request): Promise<Response> {
  await request.arrayBuffer();
  return Response.json({ received: 1 });
}

export default { fetch: nothing };
