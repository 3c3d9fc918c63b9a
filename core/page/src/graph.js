/** The graph in its viewport: pans and zooms, and draws what can be seen. */

import { select } from 'd3-selection';
import 'd3-transition';
import { zoom, zoomIdentity } from 'd3-zoom';
import { drawCard, drawPlate, growthOf } from './cards.js';
import { h, s } from './dom.js';
import { CARD } from './layout.js';

const FAR = 0.38;
const TINY = 0.16;
const ENDLESS = 1e6;
const MARGIN = 200;
const BEGIN = 0.55;
const TOP = 44;
const MOST_ANIMATED = 400;
const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** @param actions {{select(selection), expand(id), moved()}} */
export class Graph {
  #drawn = new Map();
  #scene = null;
  #transform = zoomIdentity;
  #actions;
  #pending = 0;

  constructor(element, actions) {
    this.#actions = actions;
    this.element = element;
    this.bands = s('g', { class: 'bands' });
    this.edges = s('path', { class: 'line base' });
    this.lit = s('g', { class: 'lit' });
    this.cards = s('g', { class: 'cards' });
    this.world = s('g', { class: 'world' }, this.bands, this.edges, this.lit, this.cards);
    this.svg = s(
      'svg',
      { class: 'graph', role: 'group', 'aria-label': 'Lineage graph' },
      this.world,
    );
    this.labels = h('div', { class: 'band-labels', 'aria-hidden': 'true' });
    element.append(this.svg, this.labels);
    this.zoom = zoom()
      .scaleExtent([0.02, 2.5])
      .on('zoom', (event) => this.#move(event));
    select(this.svg).call(this.zoom).on('dblclick.zoom', null);
    this.svg.addEventListener('click', (event) => this.#press(event));
    this.svg.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') this.#press(event);
    });
    new ResizeObserver(() => this.#later()).observe(element);
    addEventListener('resize', () => this.fitted && this.fit({ jump: true }));
  }

  get transform() {
    return this.#transform;
  }

  get scene() {
    return this.#scene;
  }

  /** The part of the world that the viewport shows: {left, top, right, bottom}. */
  get window() {
    const { width, height } = this.#size();
    const [left, top] = this.#transform.invert([0, 0]);
    const [right, bottom] = this.#transform.invert([width, height]);
    return { left, top, right, bottom };
  }

  show(scene) {
    this.#scene = scene;
    const held = focusKey(document.activeElement);
    this.#clear();
    this.bands.replaceChildren(...scene.bands.map((band) => drawBand(band, -ENDLESS, 2 * ENDLESS)));
    this.labels.replaceChildren(...scene.bands.map(({ name }) => h('span', null, name)));
    this.svg.toggleAttribute('data-tracing', Boolean(scene.lit));
    this.#draw();
    if (held) this.#focus(held);
  }

  /** Shows all; small graphs are not blown up. */
  fit(how) {
    const { width, height } = this.#size();
    const { scene } = this;
    const scale = Math.min(
      1.1,
      (width - 96) / scene.width,
      (height - TOP - 88) / Math.max(scene.height, 1),
    );
    const x = (width - scene.width * scale) / 2;
    const y = TOP + (height - TOP - 48 - scene.height * scale) / 2;
    this.fitted = true;
    this.#go(zoomIdentity.translate(x, y).scale(scale), how);
  }

  /** Shows all when it can be read then, else the node `id` or the beginning in a size that can be read. */
  begin(id) {
    this.fit({ jump: true });
    if (this.#transform.k >= (id ? FAR : TINY)) return;
    if (id) return this.reveal(id, { force: true });
    const [first] = this.#scene.nodes.filter(({ id }) => this.#scene.columnOf(id) === 0);
    this.fitted = false;
    const { height } = this.#size();
    const y = this.#scene.top(first.id) + CARD.height / 2;
    this.#go(zoomIdentity.translate(48, height / 2 - y * BEGIN).scale(BEGIN), { jump: true });
  }

  zoomBy(factor) {
    this.fitted = false;
    select(this.svg).call(this.zoom.scaleBy, factor);
  }

  /** Brings a node into view, without moving when it is in view already; `force` centres it. */
  reveal(id, { force = false } = {}) {
    const { left, top, right, bottom } = this.window;
    const x = this.#scene.left(id);
    const y = this.#scene.top(id);
    const inside = x > left && x + CARD.width < right && y > top && y + CARD.height < bottom;
    if (inside && !force && this.#transform.k >= FAR) return;
    this.centre(x + CARD.width / 2, y + CARD.height / 2, Math.max(this.#transform.k, 0.75));
  }

  centre(x, y, scale = this.#transform.k, how = {}) {
    const { width, height } = this.#size();
    this.fitted = false;
    this.#go(
      zoomIdentity.translate(width / 2 - x * scale, height / 2 - y * scale).scale(scale),
      how,
    );
  }

  #size() {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  #go(transform, { jump = false } = {}) {
    const still = jump || calm.matches || this.#scene.nodes.length > MOST_ANIMATED;
    const svg = select(this.svg);
    (still ? svg.interrupt() : svg.transition().duration(260)).call(this.zoom.transform, transform);
  }

  #move({ transform, sourceEvent }) {
    this.#transform = transform;
    if (sourceEvent) this.fitted = false;
    this.#later();
  }

  #later() {
    this.#pending ||= requestAnimationFrame(() => this.#draw());
  }

  #clear() {
    this.cards.replaceChildren();
    this.#drawn.clear();
  }

  #draw() {
    cancelAnimationFrame(this.#pending);
    this.#pending = 0;
    if (!this.#scene) return;
    const { x, y, k } = this.#transform;
    this.world.setAttribute('transform', `translate(${x} ${y}) scale(${k})`);
    const view = grown(this.window, MARGIN);
    this.#drawCards(view);
    this.#drawLines(view);
    this.#placeLabels();
    this.#actions.moved();
  }

  #drawCards(view) {
    const far = this.#transform.k < FAR;
    this.svg.toggleAttribute('data-tiny', this.#transform.k < TINY);
    if (this.svg.hasAttribute('data-far') !== far) {
      this.svg.toggleAttribute('data-far', far);
      this.#clear();
    }
    const scene = this.#scene;
    for (const node of scene.nodes) {
      const seen = meets(view, cardBox(scene, node.id));
      const drawn = this.#drawn.get(node.id);
      if (seen && !drawn) {
        const card = (far ? drawPlate : drawCard)(node, scene.look(node));
        this.#drawn.set(node.id, this.cards.appendChild(card));
      } else if (!seen && drawn && !drawn.contains(document.activeElement)) {
        drawn.remove();
        this.#drawn.delete(node.id);
      }
    }
  }

  #drawLines(view) {
    const seen = (lines) => lines.filter((line) => meets(view, line));
    const path = seen(this.#scene.lines)
      .map((line) => line.path)
      .join('');
    if (this.edges.getAttribute('d') !== path) this.edges.setAttribute('d', path);
    const lit = seen(this.#scene.litLines);
    const key = lit.map((line) => line.role + line.path).join('');
    if (this.litKey === key) return;
    this.litKey = key;
    this.lit.replaceChildren(...lit.map(drawLine));
  }

  #placeLabels() {
    const { width } = this.#size();
    this.#scene.bands.forEach(({ left, right }, index) => {
      const [begin, end] = [left, right].map((value) => this.#transform.applyX(value));
      const [first, last] = [Math.max(begin, 0), Math.min(end, width)];
      const label = this.labels.children[index];
      label.hidden = last - first < 56;
      label.style.transform = `translateX(${(first + last) / 2}px) translateX(-50%)`;
    });
  }

  #press(event) {
    const target = event.target.closest('[data-expand], [data-column], [data-node]');
    if (event.type === 'keydown') event.preventDefault();
    if (!target) return this.#actions.select(null);
    const { expand, node, column } = target.dataset;
    if (expand !== undefined) return this.#actions.expand(expand);
    return this.#actions.select({ node, column: column ?? null });
  }

  #focus({ expand, node, column }) {
    const found = [...this.cards.querySelectorAll('[tabindex]')].find(
      ({ dataset }) =>
        dataset.expand === expand && dataset.node === node && dataset.column === column,
    );
    found?.focus({ preventScroll: true });
  }

  /** Puts the keyboard's focus on a node's card. */
  focusNode(id) {
    this.#drawn.get(id)?.querySelector('.head').focus({ preventScroll: true });
  }
}

/** The whole scene as elements of its own, for an export. */
export function drawAll(scene) {
  return s(
    'g',
    { class: 'world' },
    scene.bands.map((band) => [
      drawBand(band, -46, scene.height + 82),
      s('text', { class: 'band-name', x: (band.left + band.right) / 2, y: -26 }, band.name),
    ]),
    s('path', { class: 'line base', d: scene.lines.map((line) => line.path).join('') }),
    scene.litLines.map(drawLine),
    scene.nodes.map((node) => drawCard(node, scene.look(node))),
  );
}

function drawBand({ name, left, right }, y, height) {
  return s('rect', { class: 'band', 'data-layer': name, x: left, y, width: right - left, height });
}

function drawLine({ from, to, role, path }) {
  return s('path', {
    class: 'line',
    d: path,
    'data-lit': role,
    'data-from': from.id,
    'data-to': to.id,
    'data-from-column': from.column,
    'data-to-column': to.column,
  });
}

function cardBox(scene, id) {
  const [left, top] = [scene.left(id), scene.top(id)];
  return {
    left,
    top,
    right: left + CARD.width,
    bottom: top + CARD.height + growthOf(scene.rows(id).length),
  };
}

const grown = ({ left, top, right, bottom }, by) => ({
  left: left - by,
  top: top - by,
  right: right + by,
  bottom: bottom + by,
});

const meets = (one, other) =>
  one.left <= other.right &&
  one.right >= other.left &&
  one.top <= other.bottom &&
  one.bottom >= other.top;

function focusKey(element) {
  const { expand, node, column } = element?.dataset ?? {};
  return element?.closest?.('.cards') ? { expand, node, column } : null;
}
