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
  const distance = (other) => Math.abs(scene.top(other) - scene.top(id));
  return nodes.sort((a, b) => distance(a) - distance(b))[0] ?? null;
}

function beyond(scene, id, sign) {
  const column = scene.columnOf(id);
  const others = scene.nodes
    .map((node) => node.id)
    .filter((other) => scene.columnOf(other) === column);
  return others.filter((other) => (scene.top(other) - scene.top(id)) * sign > 0);
}

const firstNode = (scene) =>
  scene.nodes
    .map(({ id }) => id)
    .sort((a, b) => scene.left(a) - scene.left(b) || scene.top(a) - scene.top(b))[0] ?? null;
