/** `ssl.principal.mapping.rules`: how the distinguished name of a certificate becomes a name. */
import { ConfigError } from '../config/definition.ts';

type Rule =
  | { readonly kind: 'default' }
  | {
      readonly kind: 'rule';
      readonly whole: RegExp;
      readonly pattern: RegExp;
      readonly replacement: string;
      readonly letters: '' | 'L' | 'U';
    };

const RULE = '(?<default>DEFAULT)|RULE:(?<pattern>(?:\\\\.|[^\\\\/])*)/(?<replacement>(?:\\\\.|[^\\\\/])*)/(?<letters>[LU]?)';
const NEXT_RULE = new RegExp(`\\s*(?:${RULE})?\\s*(?:,\\s*|$)`, 'y');

/** Null: no rule applies to the name. Patterns are JavaScript's, in which the common part of Java's means the same. */
export type PrincipalMapper = (distinguishedName: string) => string | null;

/** Reads the rules; throws ConfigError. */
export function principalMapper(property: string): PrincipalMapper {
  const rules = parseRules(property.trim());
  return (name) => {
    for (const rule of rules) {
      const mapped = apply(rule, name);
      if (mapped !== null) return mapped;
    }
    return null;
  };
}

function parseRules(text: string): Rule[] {
  const rules: Rule[] = [];
  let at = 0;
  while (at < text.length) {
    NEXT_RULE.lastIndex = at;
    const match = NEXT_RULE.exec(text);
    if (match === null || match[0] === '') {
      throw new ConfigError(
        `ssl.principal.mapping.rules has ${text.slice(at)}, but each rule must be DEFAULT or RULE:pattern/replacement/[LU].`,
      );
    }
    at += match[0].length;
    const { default: isDefault, pattern, replacement, letters } = match.groups ?? {};
    if (isDefault !== undefined) rules.push({ kind: 'default' });
    else if (pattern !== undefined) rules.push(parseRule(pattern, replacement ?? '', (letters ?? '') as '' | 'L' | 'U'));
  }
  return rules;
}

function parseRule(pattern: string, replacement: string, letters: '' | 'L' | 'U'): Rule {
  try {
    return { kind: 'rule', whole: new RegExp(`^(?:${pattern})$`), pattern: new RegExp(pattern, 'g'), replacement, letters };
  } catch {
    throw new ConfigError(`ssl.principal.mapping.rules has the pattern ${pattern}, which is not a regular expression.`);
  }
}

function apply(rule: Rule, name: string): string | null {
  if (rule.kind === 'default') return name;
  const whole = rule.whole.exec(name);
  if (whole === null) return null;
  const groups = whole.length - 1;
  const mapped = name.replace(rule.pattern, (...match) => substitute(rule.replacement, match.slice(0, groups + 1) as string[]));
  if (rule.letters === 'L') return mapped.toLowerCase();
  return rule.letters === 'U' ? mapped.toUpperCase() : mapped;
}

/** `$1` is a group if there is one of that number, else a text; of `$12` as many digits count as make a group. `\` quotes. */
function substitute(replacement: string, groups: readonly (string | undefined)[]): string {
  return replacement.replace(/\\(.)|\$(\d+)/g, (all: string, quoted: string | undefined, digits: string | undefined) => {
    if (quoted !== undefined) return quoted;
    for (let length = (digits as string).length; length > 0; length--) {
      const index = Number((digits as string).slice(0, length));
      if (index < groups.length) return (groups[index] ?? '') + (digits as string).slice(length);
    }
    return all;
  });
}
