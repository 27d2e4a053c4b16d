let answers: WeakMap<object, unknown>[] = [];

/** Gives each node its answer once; it holds as long as the file of the node says the same. */
export function remembered<Node extends object, Answer>(
  find: (node: Node) => Answer,
): (node: Node) => Answer {
  const index = answers.push(new WeakMap()) - 1;
  return (node) => {
    const known = answers[index] as WeakMap<Node, Answer>;
    if (known.has(node)) return known.get(node) as Answer;
    const found = find(node);
    known.set(node, found);
    return found;
  };
}

/** To be called when nodes go on to live in a file that says something else. */
export function forget(): void {
  answers = answers.map(() => new WeakMap());
}
