/** What a test has asked for; `response` once it is answered. */
export class Asked<T> {
  response: T | undefined;
  #told: ((response: T) => void) | null = null;

  settle(response: T): void {
    if (this.response !== undefined) throw new Error('answered twice');
    this.response = response;
    this.#told?.(response);
  }

  /** Calls with the answer, now or when it comes. */
  whenAnswered(told: (response: T) => void): void {
    if (this.response === undefined) this.#told = told;
    else told(this.response);
  }

  get isAnswered(): boolean {
    return this.response !== undefined;
  }

  /** The answer, which must be there. */
  get answer(): T {
    if (this.response === undefined) throw new Error('not answered');
    return this.response;
  }
}
