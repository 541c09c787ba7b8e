/**
 * What the server says, as typedefs: import("./types.js").Job. Never loaded by the page.
 *
 * @typedef {{id: string, name: string, kind: "speech"|"target", demo: boolean, bytes: number,
 *   seconds: number, problem: string|null, rate: number, channels?: number, width?: number,
 *   height?: number, frames?: number, sound?: boolean, consent?: string|null}} Item
 *   consent: null when nobody was asked yet, empty when none was given
 * @typedef {{speech: Item[], targets: Item[], passes: {id: string, voices: string}[],
 *   presets: string[]}} Library
 *
 * @typedef {{number: number, seconds: number, stretches: [number, number][], x: number, y: number,
 *   moment: number, size: number, speaks: boolean, place: string,
 *   boxes: [number, number, number, number][]}} Person  boxes: moment, x and y of centre, side
 *
 * @typedef {{start: number, end: number, speech: string|null, speaker: number|null}} Segment
 * @typedef {{speech: string|null, target: string|null, options: Object<string, any>,
 *   preview: boolean, segments: Segment[]|null, hears: string|null}} Request
 *   hears: what the person listens to while silent
 * @typedef {{frames: number, seconds: number, width: number, height: number, rate: number,
 *   estimate: number|null}} Plan
 *
 * @typedef {{stage: string, done: number, total: number|null, unit: string, rate: number|null,
 *   left: number|null}} Stage
 * @typedef {{frames: number, synthesised: number, passed_through: Object<string, number>,
 *   rate: number, seconds: number, width: number, height: number, begins: number|null,
 *   bytes: number, files: string[]}} Result
 * @typedef {{id: string, name: string, preview: boolean,
 *   state: "queued"|"running"|"done"|"incomplete"|"failed"|"cancelled", place: number|null,
 *   created: string, started: string|null, finished: string|null, request: Request,
 *   command: string, stages: Stage[], share: number, left: number|null, warnings: string[],
 *   notices: string[], error: string|null, result: Result|null}} Job
 *
 * @typedef {{flag: string, kind: "bool"|"int"|"float"|"str"|"path", help: string,
 *   unit: string|null, low: number|null, high: number|null, choices: string[]|null,
 *   default: any, common: boolean}} Option
 * @typedef {{name: string, options: Option[]}} OptionGroup
 *
 * @typedef {{frame: number, line: number, automatic?: boolean}} Proxy
 * @typedef {{rows: number, columns: number,
 *   candidates: {frame: number, upper: number, lower: number}[], upper: Proxy|null,
 *   lower: Proxy|null, automatic: {upper: Proxy|null, lower: Proxy|null}}} Teeth
 */
export {};
