// The agent for a business's front desk: answers from the knowledge base, hands over to a person.
import { defineAgent } from "../define-agent.ts";
import { requestPerson, searchKnowledge } from "../tools.ts";
import { bookTable } from "../workflows/book-table/workflow.ts";

/** Answers customers' questions about one business. */
export const concierge = defineAgent({
  name: "concierge",
  description: "Answers customers' questions from the business's knowledge base and brings in a person when needed.",
  purpose: "questions about this business: its opening hours, offers, prices, bookings, location, orders and service",
  instructions: [
    "Be warm, brief and concrete, as a good host is: one to four sentences a question.",
    "You cannot book, change, cancel or promise anything yourself. When the customer wants that, tell them how it is done, or call request_person.",
    "Where tables are booked in this chat, a booking begins by itself when the customer writes that they want to book a table: tell them to write that.",
  ].join("\n"),
  workflows: [bookTable],
  tools: { search_knowledge: searchKnowledge, request_person: requestPerson },
});
