/**
 * Patterns in the syntax of RE2, as ListTransactions has them, matched against whole strings. Matching follows all alternatives at once
 * (Thompson's automaton): the time grows with pattern and text, whatever the pattern is. Groups group, and are not captured.
 */

/** Of a pattern that is none. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

type CharTest = (codePoint: number) => boolean;
type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word-edge' | 'no-word-edge';

type Node =
  | { readonly kind: 'char'; readonly test: CharTest }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly min: number; readonly max: number };

type Step =
  | { readonly kind: 'char'; readonly test: CharTest }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'fork'; to: number[] }
  | { readonly kind: 'end' };

const MAX_REPEAT = 1_000;
/** A pattern that is worth more steps than this is refused. */
const MAX_STEPS = 100_000;
const NEWLINE = 10;

/** The test of whole strings. Throws PatternError for what RE2 does not take. */
export function compileRe2(pattern: string): (text: string) => boolean {
  const steps: Step[] = [];
  emit(new Parser(pattern).parse(), steps);
  steps.push({ kind: 'end' });
  return (text) => matches(steps, text);
}

/** Appends the steps of a node: whoever comes through goes on with the step behind them. */
function emit(node: Node, steps: Step[]): void {
  if (steps.length > MAX_STEPS) throw new PatternError('the pattern is too large');
  switch (node.kind) {
    case 'char':
    case 'assert':
      steps.push(node);
      return;
    case 'sequence':
      for (const part of node.parts) emit(part, steps);
      return;
    case 'choice': {
      const ends: { to: number[] }[] = [];
      node.parts.forEach((part, index) => {
        const fork = { kind: 'fork' as const, to: [steps.length + 1] };
        steps.push(fork);
        emit(part, steps);
        const end = { kind: 'fork' as const, to: [] as number[] };
        steps.push(end);
        ends.push(end);
        if (index < node.parts.length - 1) fork.to.push(steps.length);
      });
      for (const end of ends) end.to.push(steps.length);
      return;
    }
    case 'repeat': {
      for (let i = 0; i < node.min; i++) emit(node.part, steps);
      if (node.max === Number.POSITIVE_INFINITY) {
        const loop = { kind: 'fork' as const, to: [steps.length + 1] };
        const at = steps.length;
        steps.push(loop);
        emit(node.part, steps);
        steps.push({ kind: 'fork', to: [at] });
        loop.to.push(steps.length);
        return;
      }
      const exits: { to: number[] }[] = [];
      for (let i = node.min; i < node.max; i++) {
        const exit = { kind: 'fork' as const, to: [steps.length + 1] };
        steps.push(exit);
        exits.push(exit);
        emit(node.part, steps);
      }
      for (const exit of exits) exit.to.push(steps.length);
    }
  }
}

function matches(steps: readonly Step[], text: string): boolean {
  const codePoints = Array.from(text, (char) => char.codePointAt(0) as number);
  let current = new Set<number>();
  const follow = (at: number, position: number, into: Set<number>): void => {
    const waiting = [at];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (into.has(next)) continue;
      into.add(next);
      const step = steps[next] as Step;
      if (step.kind === 'fork') waiting.push(...step.to);
      else if (step.kind === 'assert' && holds(step.assertion, codePoints, position)) waiting.push(next + 1);
    }
  };
  follow(0, 0, current);
  codePoints.forEach((codePoint, position) => {
    const next = new Set<number>();
    for (const at of current) {
      const step = steps[at] as Step;
      if (step.kind === 'char' && step.test(codePoint)) follow(at + 1, position + 1, next);
    }
    current = next;
  });
  return [...current].some((at) => steps[at]?.kind === 'end');
}

function holds(assertion: Assertion, codePoints: readonly number[], position: number): boolean {
  switch (assertion) {
    case 'text-start':
      return position === 0;
    case 'text-end':
      return position === codePoints.length;
    case 'line-start':
      return position === 0 || codePoints[position - 1] === NEWLINE;
    case 'line-end':
      return position === codePoints.length || codePoints[position] === NEWLINE;
    case 'word-edge':
      return isWordAt(codePoints, position - 1) !== isWordAt(codePoints, position);
    case 'no-word-edge':
      return isWordAt(codePoints, position - 1) === isWordAt(codePoints, position);
  }
}

function isWordAt(codePoints: readonly number[], position: number): boolean {
  const codePoint = codePoints[position];
  return codePoint !== undefined && isWord(codePoint);
}

const within =
  (...ranges: readonly (readonly [from: string, to: string])[]): CharTest =>
  (codePoint) =>
    ranges.some(([from, to]) => codePoint >= (from.codePointAt(0) as number) && codePoint <= (to.codePointAt(0) as number));
const oneOf =
  (chars: string): CharTest =>
  (codePoint) =>
    chars.includes(String.fromCodePoint(codePoint));
const not =
  (test: CharTest): CharTest =>
  (codePoint) =>
    !test(codePoint);

const isDigit = within(['0', '9']);
const isWord = within(['0', '9'], ['A', 'Z'], ['a', 'z'], ['_', '_']);
const isSpace = oneOf('\t\n\f\r ');

const PERL_CLASSES: Readonly<Record<string, CharTest>> = {
  d: isDigit,
  D: not(isDigit),
  s: isSpace,
  S: not(isSpace),
  w: isWord,
  W: not(isWord),
};

const POSIX_CLASSES: Readonly<Record<string, CharTest>> = {
  alnum: within(['0', '9'], ['A', 'Z'], ['a', 'z']),
  alpha: within(['A', 'Z'], ['a', 'z']),
  ascii: within(['\0', '\x7f']),
  blank: oneOf('\t '),
  cntrl: within(['\0', '\x1f'], ['\x7f', '\x7f']),
  digit: isDigit,
  graph: within(['!', '~']),
  lower: within(['a', 'z']),
  print: within([' ', '~']),
  punct: within(['!', '/'], [':', '@'], ['[', '`'], ['{', '~']),
  space: oneOf('\t\n\v\f\r '),
  upper: within(['A', 'Z']),
  word: isWord,
  xdigit: within(['0', '9'], ['A', 'F'], ['a', 'f']),
};

const ESCAPES: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly multiLine: boolean;
}

class Parser {
  readonly #chars: readonly string[];
  readonly #names = new Set<string>();
  #at = 0;
  #flags: Flags = { ignoreCase: false, dotAll: false, multiLine: false };

  constructor(pattern: string) {
    this.#chars = Array.from(pattern);
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#chars.length) throw new PatternError('a ) without (');
    return node;
  }

  #peek(ahead = 0): string {
    return this.#chars[this.#at + ahead] ?? '';
  }

  /** Is this next? Then it is read. */
  #take(text: string): boolean {
    if (!this.#startsWith(text)) return false;
    this.#at += Array.from(text).length;
    return true;
  }

  #startsWith(text: string): boolean {
    return Array.from(text).every((char, index) => this.#peek(index) === char);
  }

  #choice(): Node {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 ? (parts[0] as Node) : { kind: 'choice', parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    let isRepeated = false;
    while (this.#at < this.#chars.length && !this.#startsWith('|') && !this.#startsWith(')')) {
      const range = this.#range();
      if (range !== null) {
        const part = parts.pop();
        if (part === undefined) throw new PatternError('there is nothing to repeat');
        if (isRepeated) throw new PatternError('a repetition is repeated');
        isRepeated = true;
        parts.push({ kind: 'repeat', part, ...range });
        // Whether as much as possible or as little: whole strings match all the same.
        this.#take('?');
        continue;
      }
      isRepeated = false;
      if (this.#take('\\Q')) {
        while (this.#at < this.#chars.length && !this.#take('\\E')) parts.push(this.#literal(this.#next()));
        continue;
      }
      const atom = this.#atom();
      if (atom !== null) parts.push(atom);
    }
    return { kind: 'sequence', parts };
  }

  #next(): string {
    const char = this.#peek();
    if (char === '') throw new PatternError('the pattern ends too early');
    this.#at++;
    return char;
  }

  /** Null: flags, which are nothing by themselves. */
  #atom(): Node | null {
    const char = this.#next();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'char', test: this.#class() };
      case '.': {
        const { dotAll } = this.#flags;
        return { kind: 'char', test: (codePoint) => dotAll || codePoint !== NEWLINE };
      }
      case '^':
        return { kind: 'assert', assertion: this.#flags.multiLine ? 'line-start' : 'text-start' };
      case '$':
        return { kind: 'assert', assertion: this.#flags.multiLine ? 'line-end' : 'text-end' };
      case '\\':
        return this.#escape();
      default:
        return this.#literal(char);
    }
  }

  #literal(char: string): Node {
    return { kind: 'char', test: this.#folded(within([char, char])) };
  }

  #folded(test: CharTest): CharTest {
    if (!this.#flags.ignoreCase) return test;
    return (codePoint) => {
      const char = String.fromCodePoint(codePoint);
      return [char, char.toLowerCase(), char.toUpperCase()].some((each) => test(each.codePointAt(0) as number));
    };
  }

  #group(): Node | null {
    const outside = this.#flags;
    if (this.#take('?')) {
      if (this.#take('P<') || this.#take('<')) this.#groupName();
      else if (this.#groupFlags() === 'alone') return null;
    }
    const node = this.#choice();
    if (!this.#take(')')) throw new PatternError('a ( without )');
    this.#flags = outside;
    return node;
  }

  #groupName(): void {
    let name = '';
    while (!this.#take('>')) name += this.#next();
    if (!/^\w+$/.test(name) || this.#names.has(name)) throw new PatternError(`a group cannot be called ${name}`);
    this.#names.add(name);
  }

  /** Reads `i-s:` or `i-s)`: flags of the group, or of what follows them. */
  #groupFlags(): 'alone' | 'of-group' {
    let isOn = true;
    let hasSign = false;
    let count = 0;
    for (;;) {
      const char = this.#next();
      if (char === ':' || char === ')') {
        if (hasSign && count === 0) throw new PatternError('no flag behind -');
        return char === ')' ? 'alone' : 'of-group';
      }
      if (char === '-') {
        if (hasSign) throw new PatternError('two - among the flags');
        hasSign = true;
        isOn = false;
        count = 0;
        continue;
      }
      count++;
      if (char === 'i') this.#flags = { ...this.#flags, ignoreCase: isOn };
      else if (char === 's') this.#flags = { ...this.#flags, dotAll: isOn };
      else if (char === 'm') this.#flags = { ...this.#flags, multiLine: isOn };
      // U swaps greedy and lazy, which is the same for whole strings. Lookaround and the like have no place in RE2.
      else if (char !== 'U') throw new PatternError(`(?${char} is unknown`);
    }
  }

  /** Null: no repetition follows. Braces that hold none stand for themselves. */
  #range(): { readonly min: number; readonly max: number } | null {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { min: 0, max: 1 };
    const found = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#chars.slice(this.#at, this.#at + 32).join(''));
    if (found === null) return null;
    this.#at += found[0].length;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3]);
    const isSmall = min <= MAX_REPEAT && (max <= MAX_REPEAT || max === Number.POSITIVE_INFINITY);
    if (!isSmall || max < min) throw new PatternError(`${found[0]} is no number of repetitions`);
    return { min, max };
  }

  #escape(): Node {
    const char = this.#peek();
    const assertions: Readonly<Record<string, Assertion>> = {
      A: 'text-start',
      z: 'text-end',
      b: 'word-edge',
      B: 'no-word-edge',
    };
    const assertion = assertions[char];
    if (assertion !== undefined) {
      this.#at++;
      return { kind: 'assert', assertion };
    }
    const test = this.#classEscape() ?? this.#charTest(this.#escapedChar());
    return { kind: 'char', test: this.#folded(test) };
  }

  #charTest(codePoint: number): CharTest {
    return (other) => other === codePoint;
  }

  /** Behind the backslash: a class of characters, or null. */
  #classEscape(): CharTest | null {
    const char = this.#peek();
    const perl = PERL_CLASSES[char];
    if (perl !== undefined) {
      this.#at++;
      return perl;
    }
    if (char !== 'p' && char !== 'P') return null;
    this.#at++;
    let name = this.#next();
    if (name === '{') {
      name = '';
      while (!this.#take('}')) name += this.#next();
    }
    let isOther = char === 'P';
    if (name.startsWith('^')) {
      isOther = !isOther;
      name = name.slice(1);
    }
    const test = unicodeClass(name);
    return isOther ? not(test) : test;
  }

  /** Behind the backslash: a character. */
  #escapedChar(): number {
    const char = this.#next();
    if (char === 'x') return this.#hexadecimal();
    // One digit alone would be a reference to a group, which has no place in RE2.
    if (char === '0' || (/^[1-7]$/.test(char) && /^[0-7]$/.test(this.#peek()))) {
      let digits = char;
      while (digits.length < 3 && /^[0-7]$/.test(this.#peek())) digits += this.#next();
      return Number.parseInt(digits, 8);
    }
    const control = ESCAPES[char];
    if (control !== undefined) return control.charCodeAt(0);
    // Letters that mean nothing are kept for later.
    if (/^[A-Za-z0-9]$/.test(char)) throw new PatternError(`\\${char} is unknown`);
    return char.codePointAt(0) as number;
  }

  #hexadecimal(): number {
    let digits = '';
    if (this.#take('{')) while (!this.#take('}')) digits += this.#next();
    else digits = this.#next() + this.#next();
    const codePoint = /^[0-9A-Fa-f]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
    if (!(codePoint <= 0x10ffff)) throw new PatternError(`\\x ${digits} is no character`);
    return codePoint;
  }

  /** Behind `[`. */
  #class(): CharTest {
    const isOther = this.#take('^');
    const tests: CharTest[] = [];
    for (let isFirst = true; isFirst || !this.#take(']'); isFirst = false) tests.push(this.#classPart());
    const test = this.#folded((codePoint) => tests.some((each) => each(codePoint)));
    return isOther ? not(test) : test;
  }

  #classPart(): CharTest {
    const posix = /^\[:(\^?)(\w+):\]/.exec(this.#chars.slice(this.#at, this.#at + 16).join(''));
    if (posix !== null) {
      const test = POSIX_CLASSES[posix[2] as string];
      if (test === undefined) throw new PatternError(`${posix[0]} is unknown`);
      this.#at += posix[0].length;
      return posix[1] === '^' ? not(test) : test;
    }
    if (this.#startsWith('\\')) {
      this.#at++;
      const test = this.#classEscape();
      if (test !== null) return test;
      this.#at--;
    }
    const from = this.#classChar();
    if (!this.#startsWith('-') || this.#peek(1) === ']') return this.#charTest(from);
    this.#at++;
    const to = this.#classChar();
    if (to < from) throw new PatternError('a range of characters ends before it begins');
    return (codePoint) => codePoint >= from && codePoint <= to;
  }

  #classChar(): number {
    return this.#take('\\') ? this.#escapedChar() : (this.#next().codePointAt(0) as number);
  }
}

/** A general category or a script of Unicode. */
function unicodeClass(name: string): CharTest {
  if (name === 'Any') return () => true;
  for (const property of [`gc=${name}`, `sc=${name}`]) {
    try {
      const pattern = new RegExp(`^\\p{${property}}$`, 'u');
      return (codePoint) => pattern.test(String.fromCodePoint(codePoint));
    } catch {
      // The next kind may have it.
    }
  }
  throw new PatternError(`there are no characters called ${name}`);
}
