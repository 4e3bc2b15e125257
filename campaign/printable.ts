/** Text from a run (an application's, a record's, a client's) made fit for people's eyes: of bounded length, and unable to steer a terminal. */

/** Longest message that results, reports and traces hold, in characters. */
const MESSAGE_MAX = 4_000;

/** The beginning of a text that is longer than `max` characters, with how long it was. */
export function clipped(text: string, max = MESSAGE_MAX): string {
  if (text.length <= max) return text;
  // Not between the two halves of a character.
  const end = /[\ud800-\udbff]/.test(text[max - 1] ?? '') ? max - 1 : max;
  return `${text.slice(0, end)} ... (${text.length} characters in all)`;
}

/**
 * All that a terminal, a browser or an XML reader takes for more than a character to show: the control characters but line
 * feed and tab, the marks that turn the direction of writing, separators of lines, halves of characters, and non-characters.
 */
const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text with such characters written out: `\u001b[31m`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
