/** Talks to the server: JSON in and out, one line when something is wrong. */

/** What the server, or its absence, says is wrong. */
export class ApiError extends Error {
  /** @param {string} line @param {number} status 0: no answer */
  constructor(line, status) {
    super(line);
    this.status = status;
  }
}

const GONE = "The server does not answer. Is 'audio2video web' still running?";
const SIGNED_OUT =
  "This browser isn't signed in. Open the address that 'audio2video web' printed, or sign in again.";

/**
 * Ask the server.
 * @param {string} method
 * @param {string} path
 * @param {any} [body] an object goes as JSON, a string as it is
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function call(method, path, body, signal) {
  const text = typeof body === "string";
  const headers = body === undefined || text ? {} : { "Content-Type": "application/json" };
  const sent = body === undefined || text ? body : JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: sent, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(GONE, 0);
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw refused(answer.status, said);
}

function refused(status, said) {
  if (status === 401) {
    document.dispatchEvent(new CustomEvent("signed-out", { detail: SIGNED_OUT }));
    return new ApiError(SIGNED_OUT, status);
  }
  return new ApiError(said.error ?? `The server answered with status ${status}.`, status);
}

export const get = (path, signal) => call("GET", path, undefined, signal);
export const post = (path, body, signal) => call("POST", path, body, signal);
export const put = (path, body) => call("PUT", path, body);
export const remove = (path) => call("DELETE", path);

/** Part of a path, whatever a name holds. */
export const part = encodeURIComponent;

/**
 * Send a file as it is.
 * @param {string} path
 * @param {Blob} file
 * @param {(share: number) => void} [progress]
 * @returns {{done: Promise<any>, cancel: () => void}}
 */
export function send(path, file, progress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", path);
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress?.(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else reject(refused(request.status, request.response ?? {}));
    };
    request.onerror = () => reject(new ApiError(GONE, 0));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}

/**
 * Have the server do work of seconds, and wait for its result.
 * @param {string} path
 * @param {(task: {stage: string, done: number, total: number|null, unit: string}) => void} [progress]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function task(path, progress, signal) {
  let now = await post(path, undefined, signal);
  while (now.state === "running") {
    progress?.(now);
    await new Promise((resolve) => setTimeout(resolve, 400));
    signal?.throwIfAborted();
    now = await get(path, signal);
  }
  if (now.state === "done") return now.result;
  throw new ApiError(now.error ?? "The work was stopped; try again.", 422);
}
