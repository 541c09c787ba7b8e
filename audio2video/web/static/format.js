/** Numbers for people. */

/** Seconds as 9.3 s, 2:05, 1:02:05. */
export function time(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const all = Math.round(seconds);
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

/** A place in a video, m:ss.t. */
export function clock(seconds) {
  const tenths = Math.max(0, Math.round(seconds * 10));
  const rest = `${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
  return `${Math.floor(tenths / 600)}:${rest}`;
}

/** About how long something takes. */
export function about(seconds) {
  if (seconds < 1) return "about a second";
  if (seconds < 90) return `about ${Math.round(seconds)} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}

/** Bytes as 3.4 MB. */
export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const step = Math.min(3, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** step;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${["B", "kB", "MB", "GB"][step]}`;
}

/** A frame rate without needless digits. */
export function rate(value) {
  return `${Number(value.toFixed(2))} fps`;
}

/** When something was: the time of today, else the date as well. */
export function moment(iso) {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  const hour = { hour: "2-digit", minute: "2-digit" };
  return today
    ? date.toLocaleTimeString([], hour)
    : date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** 1 frame, 2 frames. */
export function count(number, unit) {
  return `${number.toLocaleString("en")} ${unit}${number === 1 ? "" : "s"}`;
}
