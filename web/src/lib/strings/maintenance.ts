/* Sentences of the maintenance page, which is loaded without the rest of the app. */
import type { Language } from '../preferences.svelte';

const en = {
  title: 'Maintenance',
  text: 'The server is being looked after. Your photos are safe; come back in a while.',
  link: 'To log in, open the link from the log of the server, or from “tintype admin enable-maintenance-mode”.',
  away: 'The server is starting again…',
  failed: 'The backup was not restored. The database is as it was before.',
  working: 'Working…',
  tasks: {
    ready: 'Starting…',
    backup: 'Making a restore point…',
    restore: 'Restoring the backup…',
    migrations: 'Checking the restored database…',
    rollback: 'Bringing the old database back…',
  } as Record<string, string>,
  backups: 'Backups',
  none: 'There are no backups.',
  restore: 'Restore',
  cancel: 'Cancel',
  sure: (name: string) =>
    `Everything that changed after “${name}” was made is lost from the database. A restore point is made first.`,
  upload: 'Upload a backup',
  end: 'End maintenance',
};

const de: typeof en = {
  title: 'Wartung',
  text: 'Der Server wird gerade gewartet. Die Fotos sind sicher; bitte später wiederkommen.',
  link: 'Zum Anmelden den Link aus dem Protokoll des Servers oder von „tintype admin enable-maintenance-mode“ öffnen.',
  away: 'Der Server startet neu…',
  failed: 'Die Sicherung wurde nicht wiederhergestellt. Die Datenbank ist wie zuvor.',
  working: 'In Arbeit…',
  tasks: {
    ready: 'Beginnt…',
    backup: 'Ein Wiederherstellungspunkt entsteht…',
    restore: 'Die Sicherung wird eingespielt…',
    migrations: 'Die wiederhergestellte Datenbank wird geprüft…',
    rollback: 'Die alte Datenbank wird zurückgeholt…',
  },
  backups: 'Sicherungen',
  none: 'Es gibt keine Sicherungen.',
  restore: 'Wiederherstellen',
  cancel: 'Abbrechen',
  sure: (name: string) =>
    `Alles, was sich nach „${name}“ geändert hat, geht in der Datenbank verloren. Vorher entsteht ein Wiederherstellungspunkt.`,
  upload: 'Eine Sicherung hochladen',
  end: 'Wartung beenden',
};

export const maintenanceStrings: Record<Language, typeof en> = { en, de };
