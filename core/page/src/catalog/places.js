/** How far each page of the catalog was read, so that the back button returns there. */

export class Places {
  #elements;
  #read = new Map();
  #key = null;
  #next = 0;

  /** @param elements those that may scroll, which differ by the width of the screen */
  constructor(elements) {
    this.#elements = elements;
    for (const element of elements)
      element.addEventListener('scroll', () => this.#note(), { passive: true });
  }

  /** Begins at the top of a page that is new in the browser's history; `stay` keeps the place. */
  arrive(stay) {
    const known = history.state?.page;
    this.#key = known ?? `${performance.timeOrigin}-${(this.#next += 1)}`;
    if (known === undefined) history.replaceState({ page: this.#key }, '');
    if (known === undefined && stay) return this.#note();
    const tops = this.#read.get(this.#key) ?? [];
    this.#elements.forEach((element, index) => (element.scrollTop = tops[index] ?? 0));
  }

  #note() {
    this.#read.set(
      this.#key,
      this.#elements.map(({ scrollTop }) => scrollTop),
    );
  }
}
