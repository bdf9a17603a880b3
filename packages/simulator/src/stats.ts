// Counters of what went over the wire, for tests and for the page.

/** Everything that is counted; all start at 0. */
export type Stats = {
  /** Customer messages made. */
  customerMessages: number;
  /** POSTs to the webhook, copies and retries included. */
  webhooksPosted: number;
  /** POSTs that were answered 200. */
  webhooksAccepted: number;
  /** POSTs that were answered otherwise, or not at all. */
  webhooksRefused: number;
  /** POSTs that repeat a refused one. */
  webhookRetries: number;
  /** Copies that chaos added. */
  webhookCopies: number;
  /** Events that chaos lost for ever. */
  webhooksDropped: number;
  /** Status events made (sent, delivered, read, failed). */
  statuses: number;
  /** Sends that the Graph API took, the ones that fail later included. */
  acceptedSends: number;
  /** Accepted sends whose callback datum was already accepted before: the same message twice. */
  duplicateSends: number;
  /** Requests to send, refused ones included. */
  sendRequests: number;
  /** Accepted sends whose answer chaos swallowed (`hangProbability`). */
  hungSends: number;
  /** Sends that chaos refused before looking at them (`refuseProbability`); none of them is on a phone. */
  refusedBefore: number;
  /** Files that were uploaded, looked up, and fetched in full by the business. */
  mediaUploads: number;
  mediaLookups: number;
  mediaDownloads: number;
  /** Fetches of a file that were answered with an error, and tokens that were carried along to another host. */
  mediaRefused: number;
  tokensCarriedAlong: number;
  /** Webhooks about templates. */
  templateWebhooks: number;
  /** Refused Graph calls by error code. */
  graphErrors: Record<string, number>;
  /** Messages that were marked as read, and typing indicators that were shown. */
  readMarks: number;
  typingIndicators: number;
};

/** All counters at 0. */
export function emptyStats(): Stats {
  return {
    customerMessages: 0,
    webhooksPosted: 0,
    webhooksAccepted: 0,
    webhooksRefused: 0,
    webhookRetries: 0,
    webhookCopies: 0,
    webhooksDropped: 0,
    statuses: 0,
    acceptedSends: 0,
    duplicateSends: 0,
    sendRequests: 0,
    hungSends: 0,
    refusedBefore: 0,
    mediaUploads: 0,
    mediaLookups: 0,
    mediaDownloads: 0,
    mediaRefused: 0,
    tokensCarriedAlong: 0,
    templateWebhooks: 0,
    graphErrors: {},
    readMarks: 0,
    typingIndicators: 0,
  };
}
