/**
 * Strict schemas of what people write (plans, scenarios, options), and the one sentence that says what of it can't be used:
 * the key, the value, what would be right, what may have been meant. A schema's message is what would be right ("a whole
 * number from 1 to 9"); the sentence around it is made here.
 */
import { z } from 'zod';
import { meant } from './closest-name.ts';

/** An object that has these keys and no others. */
export function strictObject<const T extends z.core.$ZodShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return 'an object';
      const key = String(issue.keys[0]);
      return `"${key}" is no key of it${meant(Object.keys(shape), key) || `: there are ${Object.keys(shape).join(', ')}`}`;
    },
  });
}

/** A whole number; `why` says what the bounds are for. */
export function whole(min: number, max: number, why = ''): z.ZodCustom<number, number> {
  const right = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return z.custom<number>(
    (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
    `a whole number ${right}${why === '' ? '' : ` (${why})`}`,
  );
}

/** One of some words. */
export function word<const T extends string>(...words: readonly T[]): z.ZodCustom<T, T> {
  return z.custom<T>((value) => words.includes(value as T), {
    error: ({ input }) => `one of ${words.join(', ')}${typeof input === 'string' ? meant(words, input) : ''}`,
  });
}

export const yesOrNo: z.ZodBoolean = z.boolean('true or false');
export const text: z.ZodCustom<string, string> = z.custom<string>((value) => typeof value === 'string' && value !== '', 'a text');

/** A value of a property. */
export const scalar: z.ZodCustom<string | number | boolean, string | number | boolean> = z.custom<string | number | boolean>(
  (value) => typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)),
  'a text, a number, true or false',
);

export const callback: z.ZodCustom<(...args: never[]) => unknown, (...args: never[]) => unknown> = z.custom<
  (...args: never[]) => unknown
>((value) => typeof value === 'function', 'a function');

export function listOf<T extends z.ZodType>(item: T): z.ZodArray<T> {
  return z.array(item, 'a list');
}

export function recordOf<T extends z.ZodType>(value: T): z.ZodRecord<z.ZodString, T> {
  return z.record(z.string(), value, 'an object');
}

/** An issue whose message is a sentence of its own, for checks that name the value themselves. */
export function sentence(message: string, path: readonly PropertyKey[] = []): z.core.$ZodSuperRefineIssue {
  return { code: 'custom', message, path: [...path], params: { isSentence: true } };
}

/** Any value, and none: what is missing is for the checks that follow to say. */
export const anything: z.ZodType = z.custom(() => true);

/** Checks a value by another schema; its issues become the context's. */
export function forward(
  schema: z.ZodType,
  value: unknown,
  context: z.core.$RefinementCtx,
  at: readonly PropertyKey[] = [],
): void {
  for (const issue of schema.safeParse(value).error?.issues ?? []) {
    const path = [...at, ...issue.path];
    context.addIssue(isSentence(issue) ? sentence(issue.message, path) : { code: 'custom', message: issue.message, path });
  }
}

/** A certain word, or what the schema says. */
export function either(literal: string, schema: z.ZodType, right: string): z.ZodType {
  return anything.superRefine((value, context) => {
    if (value === literal) return;
    if (typeof value !== 'object' || value === null) context.addIssue({ code: 'custom', message: right });
    else forward(schema, value, context);
  });
}

function isSentence(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'unrecognized_keys' || (issue.code === 'custom' && issue.params?.['isSentence'] === true);
}

/** What is wrong with `input`, as a sentence about its first bad key; null if it fits. A key that nobody knows goes first: it explains one that is missing. */
export function misfit(schema: z.ZodType, input: unknown): string | null {
  const parsed = schema.safeParse(input);
  if (parsed.success) return null;
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) return 'it is not usable';
  const path = issue.path.map(String).join('.');
  if (isSentence(issue)) return `${path === '' ? '' : `${path}: `}${issue.message}`;
  const value = issue.path.reduce<unknown>((outer, key) => (outer as Record<PropertyKey, unknown> | undefined)?.[key], input);
  const what = path === '' ? 'it' : path;
  if (value === undefined) return `${what} is missing: it must be ${issue.message}`;
  return `${what} is ${shown(value)}, but it must be ${issue.message}`;
}

const SHOWN_MAX = 80;

/** A value as people write it, shortened. */
export function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'function')
    return String(value).slice(0, SHOWN_MAX);
  const json = JSON.stringify(value) ?? String(value);
  return json.length > SHOWN_MAX ? `${json.slice(0, SHOWN_MAX)}...` : json;
}
