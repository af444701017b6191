import { useHttpClient } from '../../support/engine-world.ts';

useHttpClient('general');
await import('../faulty-origin-connections.test.ts');
