/** Lists of numbers that grow, and end as typed arrays of their exact size. */

type Numbers = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** A column of a table whose number of rows is not known beforehand. */
export class Column<T extends Numbers> {
  readonly #make: (size: number) => T;
  #values: T;
  #size = 0;

  constructor(make: (size: number) => T) {
    this.#make = make;
    this.#values = make(64);
  }

  get size(): number {
    return this.#size;
  }

  push(value: number): void {
    if (this.#size === this.#values.length) {
      const grown = this.#make(2 * this.#size);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#size++] = value;
  }

  /** Another value in the last row. */
  replaceLast(value: number): void {
    this.#values[this.#size - 1] = value;
  }

  /** The last value; NaN if there is none. */
  get last(): number {
    return this.#values[this.#size - 1] ?? Number.NaN;
  }

  /** All of it. */
  toArray(): T {
    return this.#values.slice(0, this.#size) as T;
  }
}

export const float64 = (): Column<Float64Array> => new Column((size) => new Float64Array(size));
export const int32 = (): Column<Int32Array> => new Column((size) => new Int32Array(size));
export const uint32 = (): Column<Uint32Array> => new Column((size) => new Uint32Array(size));
export const uint16 = (): Column<Uint16Array> => new Column((size) => new Uint16Array(size));
export const uint8 = (): Column<Uint8Array> => new Column((size) => new Uint8Array(size));

/** Numbers for names, in the order in which they come. */
export class Names {
  readonly #indexes = new Map<string, number>();

  indexOf(name: string): number {
    let index = this.#indexes.get(name);
    if (index === undefined) {
      index = this.#indexes.size;
      this.#indexes.set(name, index);
    }
    return index;
  }

  get list(): readonly string[] {
    return [...this.#indexes.keys()];
  }
}
