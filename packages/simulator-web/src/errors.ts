// What the test API refuses, with the HTTP status that it answers.

type Status = 400 | 403 | 404 | 409 | 410;

/** A problem with a request to the test API: a phone that does not exist, a QR code that has expired ... */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: Status;
  constructor(status: Status, message: string) {
    super(message);
    this.status = status;
  }
}
