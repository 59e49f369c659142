/** VOD API errors, as the gateway shapes them. */

export class VodError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function missingParameter(name: string): VodError {
  return new VodError(400, `Missing${name}`, `${name} is mandatory for this action.`);
}

export function invalidParameter(name: string, why: string): VodError {
  return new VodError(
    400,
    `InvalidParameter.${name}`,
    `The specified parameter "${name}" is not valid: ${why}`,
  );
}

export function videoNotFound(): VodError {
  return new VodError(404, "InvalidVideo.NotFound", "The video does not exist.");
}
