import test from 'ava';
import fc from 'fast-check';
import { Digraph } from './strongly-connected.ts';

function graphOf(size: number, edges: readonly (readonly [number, number])[]): Digraph {
  const graph = new Digraph();
  for (let i = 0; i < size; i++) graph.add();
  for (const [from, to] of edges) graph.connect(from % size, to % size);
  return graph;
}

test('components are the sets of nodes that reach each other, as a search from each node finds them', (t) => {
  const edge = fc.tuple(fc.nat(11), fc.nat(11));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(edge, { maxLength: 30 }), (size, edges) => {
      const graph = graphOf(size, edges);
      const reached = Array.from({ length: size }, (_, node) => {
        const seen = new Set<number>();
        const queue = [node];
        for (const each of queue)
          for (const next of graph.successors(each))
            if (!seen.has(next)) {
              seen.add(next);
              queue.push(next);
            }
        return seen;
      });
      const expected = new Set<string>();
      for (let a = 0; a < size; a++) {
        const others = Array.from({ length: size }, (_, b) => b).filter(
          (b) => b === a || (reached[a]?.has(b) && reached[b]?.has(a)),
        );
        if (others.length > 1) expected.add(others.join());
      }
      const found = graph.cyclic().map((component) => component.toSorted((a, b) => a - b).join());
      t.deepEqual(found.toSorted(), [...expected].toSorted());
      t.is(found.length, expected.size);
      for (const component of graph.cyclic()) {
        const cycle = graph.cycleIn(component);
        for (const [i, node] of cycle.entries())
          t.true([...graph.successors(node)].includes(cycle[(i + 1) % cycle.length] as number));
      }
    }),
  );
});

test('a path through a hundred thousand nodes needs no stack', (t) => {
  const size = 100_000;
  const graph = graphOf(size, []);
  for (let i = 1; i < size; i++) graph.connect(i - 1, i);
  t.deepEqual(graph.cyclic(), []);
  graph.connect(size - 1, 0);
  t.is(graph.cyclic()[0]?.length, size);
});
