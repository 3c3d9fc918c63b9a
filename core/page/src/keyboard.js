/** Keys that work anywhere but in a text field. */

/** @param actions gives by key name, such as `f` or `ArrowLeft`, what to do now; returning false says that nothing was done */
export function setUpKeys(actions) {
  document.addEventListener('keydown', (event) => {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.target.closest?.('input, textarea, dialog, [contenteditable]')
    )
      return;
    if (event.key.startsWith('Arrow') && event.target.closest?.('.panel, .menu')) return;
    const action = actions()[event.key];
    if (action && action() !== false) event.preventDefault();
  });
}

/** The node that an arrow leads to: a neighbour to the left or right, else the next one in the column. */
export function neighbour(scene, id, key) {
  if (!id || !scene.has(id)) return firstNode(scene);
  const aside = key === 'ArrowLeft' ? ['to', 'from'] : ['from', 'to'];
  const nodes =
    key === 'ArrowLeft' || key === 'ArrowRight'
      ? scene.edges.filter((edge) => edge[aside[0]] === id).map((edge) => edge[aside[1]])
      : beyond(scene, id, key === 'ArrowDown' ? 1 : -1);
  const distance = (other) => Math.abs(scene.box(other).top - scene.box(id).top);
  return nodes.sort((a, b) => distance(a) - distance(b))[0] ?? null;
}

function beyond(scene, id, sign) {
  const { left, top } = scene.box(id);
  const others = scene.nodes.map((node) => node.id);
  return others.filter((other) => {
    const box = scene.box(other);
    return box.left === left && (box.top - top) * sign > 0;
  });
}

/** The leftmost, even if it is in a closed group, which opens for it. */
const firstNode = (scene) =>
  scene.all
    .map(({ id }) => [id, scene.box(id)])
    .sort(([, a], [, b]) => a.left - b.left || a.top - b.top)[0]?.[0] ?? null;
