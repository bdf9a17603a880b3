// What happened in a conversation.
import { conversationTimeline, timelineEntry } from "@switchboard/commons/db/api.ts";
import { z } from "zod";
import { operation } from "../operation.ts";
import { pageOf, pageQuery, readCursor, toPage } from "../page.ts";

/** The cursor holds the last entry's time and the word that orders entries of one time. */
const cursorForm = z.strictObject({
  at: z.iso.datetime({ offset: true }),
  ref: z.string().regex(/^\d\d:[0-9a-f:-]{36,50}$/),
});

/** Reads a timeline. */
export const getTimeline = operation({
  method: "get",
  path: "/v1/conversations/{id}/timeline",
  operationId: "getTimeline",
  tag: "Conversations",
  summary: "Read a conversation's timeline",
  description:
    "Everything that happened in a conversation, newest first: messages, how far each came, tries at sending, the agent's turns and tools, steps of workflows, hand-offs, tasks, opt-outs.",
  scope: "conversations:read",
  params: z.object({
    id: z.uuid().meta({ description: "The conversation's id.", example: "0191d9a4-7d1e-7c6f-8a3b-2f0b6c1d4e5f" }),
  }),
  query: z.strictObject(pageQuery),
  success: {
    status: 200,
    description: "A page of the timeline.",
    schema: pageOf(timelineEntry, "TimelinePage"),
    headers: z.object({ link: z.string().optional().meta({ description: 'The next page, rel="next".' }) }),
  },
  refusals: [404],
  handle: async ({ params, query, request, acting }, { db, publicUrl }) => {
    const before = readCursor(query.cursor, cursorForm);
    const page = await conversationTimeline(db, acting, params.id, { before, limit: query.limit });
    return toPage(page, new URL(`${publicUrl}/v1/conversations/${params.id}/timeline${new URL(request.url).search}`));
  },
});
