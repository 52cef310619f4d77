/* What can be asked of each queue: some are started by hand, some for all photos or only for those
 * that miss something, and some have a number of jobs at the same time. */
import type { AdminConfig, QueueName, QueueStatistics } from '../api/generated/client';

/** `both`: for what is missing, and for all again. `one`: there is but one way. */
export type StartKind = 'both' | 'one' | 'none';

export const starts: Record<QueueName, StartKind> = {
  thumbnailGeneration: 'both',
  metadataExtraction: 'both',
  videoConversion: 'both',
  faceDetection: 'both',
  facialRecognition: 'both',
  smartSearch: 'both',
  duplicateDetection: 'both',
  ocr: 'both',
  sidecar: 'both',
  storageTemplateMigration: 'one',
  migration: 'one',
  library: 'one',
  backupDatabase: 'one',
  backgroundTask: 'none',
  search: 'none',
  notifications: 'none',
  workflow: 'none',
  integrityCheck: 'none',
  editor: 'none',
};

/** The setting of how many run at the same time; null where it is one, always. */
export function concurrencyKey(name: QueueName): keyof AdminConfig['job'] | null {
  switch (name) {
    case 'facialRecognition':
    case 'duplicateDetection':
    case 'storageTemplateMigration':
    case 'backupDatabase':
      return null;
    default:
      return name;
  }
}

/** Jobs of a paused queue wait too. */
export function waitingOf({ waiting, paused }: QueueStatistics): number {
  return waiting + paused;
}

export function isIdle(statistics: QueueStatistics): boolean {
  const { active, delayed } = statistics;
  return active + delayed + waitingOf(statistics) === 0;
}
