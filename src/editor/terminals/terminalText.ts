// Control sequences are what this file is about.
/* eslint-disable no-control-regex */
const SEQUENCES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])/g;
const OTHER_CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

/** One line as a terminal leaves it on screen: what follows a carriage return overwrites what stood before it. */
function overwrite(line: string): string {
  return line
    .split('\r')
    .reduce((shown, part) => (part.length >= shown.length ? part : part + shown.slice(part.length)), '');
}

/** The text that a terminal's output leaves on screen, without colours, cursor movements and overwritten progress. */
export function plainText(output: string): string {
  return output
    .replace(SEQUENCES, '')
    .split('\n')
    .map((line) => overwrite(line.replace(/\r+$/, '')).replace(OTHER_CONTROLS, ''))
    .join('\n');
}
