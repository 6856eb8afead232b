import { applicationOperations } from './applications.ts';
import { bulkOperations } from './bulk.ts';
import { cardOperations } from './cards.ts';
import { certificateOperations } from './certificates.ts';
import { documentOperations } from './documents.ts';
import { openApiOperation } from './openapi.ts';
import type { Operation } from './operation.ts';
import { problemOperations } from './problem-types.ts';
import { queueOperations } from './queue.ts';
import { stationOperations } from './stations.ts';
import { tokenJobOperations } from './token-jobs.ts';
import { tokenOperations } from './tokens.ts';

const described: readonly Operation[] = [
  ...applicationOperations,
  ...documentOperations,
  ...certificateOperations,
  ...queueOperations,
  ...bulkOperations,
  ...cardOperations,
  ...stationOperations,
  ...tokenOperations,
  ...tokenJobOperations,
  ...problemOperations,
];

/** All that programs can ask for. */
export const operations: readonly Operation[] = [...described, openApiOperation(described)];
