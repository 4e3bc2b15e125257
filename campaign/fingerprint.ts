/**
 * What makes two failures one: the property, and what its facts are in the cluster (roles, not names; relations, not numbers). Where no
 * facts are, of exceptions and in files of older versions: the line of code that threw, or the sentence without its names and numbers.
 */
import type { Violation } from '../sim/observe.ts';

export function fingerprint({ property, message, roles = '' }: Pick<Violation, 'property' | 'message' | 'roles'>): string {
  return `${property} ${threwAt(message) ?? (roles === '' ? withoutNames(message) : roles)}`;
}

/** Of an error of the harness. */
export function fingerprintOfError(error: string): string {
  return `error ${threwAt(error) ?? withoutNames(error)}`;
}

function threwAt(text: string): string | null {
  return /^\s+at .*?([^\s/(]+:\d+:\d+)\)?$/m.exec(text)?.[1] ?? null;
}

function withoutNames(text: string): string {
  return (text.split('\n')[0] ?? '')
    .replaceAll(/"[^"]*"/g, '"..."')
    .replaceAll(/[\w.@#:-]*\d[\w.@#:-]*/g, '#')
    .replaceAll(/#(?:[\s,]+#)+/g, '#');
}
