import { describe, expect } from 'vitest';
import { follow, isLive } from './follow';
import { deployment, namespace } from './objects';
import { Stand } from './stand';

const stand = Stand.forThisFile({ controllers: true });

describe('the log of a container', () => {
  stand.test('goes on when its file is rotated, and tells the run before a restart', async (at) => {
    const space = 'talking';
    await at.cluster.create(namespace(space), deployment(space, 'keycloak'));
    await at.cluster.log.saidBefore('no memory left');
    await at.cluster.log.say('first');
    const { cluster, until } = follow(at.host);
    await until((now) => isLive(now) && now.state.workloads.some(({ available }) => available === 1));
    const [pod] = cluster.state.pods.filter(({ namespace }) => namespace === space);

    let text = '';
    let read: () => void = () => undefined;
    const hears = (wanted: string) =>
      new Promise<void>((resolve) => {
        read = () => {
          if (text.includes(wanted)) resolve();
        };
        read();
      });
    const end = new AbortController();
    const take = (more: string) => {
      text += more;
      read();
    };
    const ended = cluster.logs(pod!, 'main', { tailLines: 100 }, take, end.signal);
    await hears('first');
    await at.cluster.log.say('second');
    await hears('second');
    await at.cluster.log.rotate();
    await at.cluster.log.say('third');
    await hears('third');
    expect(text).toBe('first\nsecond\nthird\n');
    end.abort();
    await ended;

    text = '';
    await cluster.logs(pod!, 'main', { previous: true }, take, new AbortController().signal);
    expect(text).toBe('no memory left\n');
  });
});
