/* The settings of the server and the kinds of background work, in English. */
import type { AdminConfig, ManualJobName, QueueName } from '../../api/generated/client';
import type { PathIn, SectionName } from '../config_form';

/** The name of a setting, and what it does where the name does not say it. */
export type Label = string | readonly [name: string, help: string];

export type ConfigStrings = {
  [S in SectionName]: {
    title: string;
    text: string;
    /** Headings of the parts of a section. */
    groups: Record<string, string>;
    fields: Record<PathIn<AdminConfig[S]>, Label>;
  };
};

export interface QueueStrings {
  names: Record<QueueName, string>;
  texts: Record<QueueName, string>;
  manual: Record<ManualJobName, string>;
}

export const queuesEn: QueueStrings = {
  names: {
    thumbnailGeneration: 'Previews',
    metadataExtraction: 'Metadata',
    videoConversion: 'Videos',
    faceDetection: 'Find faces',
    facialRecognition: 'Recognise people',
    smartSearch: 'Search by content',
    duplicateDetection: 'Find duplicates',
    backgroundTask: 'Small tasks',
    storageTemplateMigration: 'Sort files by template',
    migration: 'Move files',
    search: 'Search',
    sidecar: 'Sidecars',
    library: 'External libraries',
    notifications: 'Notices and e-mails',
    backupDatabase: 'Backup of the database',
    ocr: 'Read text in pictures',
    workflow: 'Workflows',
    integrityCheck: 'Check files',
    editor: 'Edited pictures',
  },
  texts: {
    thumbnailGeneration: 'Makes the small pictures that lists and the viewer show.',
    metadataExtraction: 'Reads date, place and camera from the files.',
    videoConversion: 'Makes videos that every browser can play.',
    faceDetection: 'Looks for faces in new photos.',
    facialRecognition: 'Puts faces together to people.',
    smartSearch: 'Learns what is in a picture, so that it can be searched for.',
    duplicateDetection: 'Compares pictures that look alike.',
    backgroundTask: 'Tidies up, empties the trash, makes memories.',
    storageTemplateMigration: 'Puts the originals where the storage template says.',
    migration: 'Brings made files to their folders of today.',
    search: 'Nothing at present.',
    sidecar: 'Reads and writes the XMP files beside the originals.',
    library: 'Looks for new, changed and removed files.',
    notifications: 'Tells people what concerns them.',
    backupDatabase: 'Saves all that is known of the photos.',
    ocr: 'Makes words in pictures searchable.',
    workflow: 'Does what users have laid down for new photos.',
    integrityCheck: 'Compares the disk with the database.',
    editor: 'Makes previews of cropped and turned pictures.',
  },
  manual: {
    'person-cleanup': 'Remove people without faces',
    'tag-cleanup': 'Remove unused tags',
    'user-cleanup': 'Remove deleted users whose time is over',
    'memory-cleanup': 'Remove old memories',
    'memory-create': 'Make memories',
    'backup-database': 'Back up the database',
    'integrity-missing-files': 'Look for missing files',
    'integrity-untracked-files': 'Look for unknown files',
    'integrity-checksum-mismatch': 'Look for changed files',
    'integrity-missing-files-refresh': 'Look at reports of missing files again',
    'integrity-untracked-files-refresh': 'Look at reports of unknown files again',
    'integrity-checksum-mismatch-refresh': 'Look at reports of changed files again',
    'integrity-missing-files-delete-all': 'Clear up all missing files',
    'integrity-untracked-files-delete-all': 'Clear up all unknown files',
    'integrity-checksum-mismatch-delete-all': 'Clear up all changed files',
  },
};

const names = queuesEn.names;
const cron: Label = ['When', 'A cron expression, such as “0 2 * * *” for two o’clock every night.'];
const progressive: Label = ['Progressive', 'A coarse picture shows first (JPEG only).'];
const quality: Label = ['Quality', '1 to 100. Higher looks better and takes more room.'];

export const configEn: ConfigStrings = {
  server: {
    title: 'Server',
    text: 'How it is reached, and what strangers see.',
    groups: {},
    fields: {
      externalDomain: [
        'Public address',
        'For links that are sent, such as https://photos.example.com',
      ],
      loginPageMessage: 'Message on the login page',
      publicUsers: ['Users see each other', 'Else only administrators see who has an account.'],
    },
  },
  storageTemplate: {
    title: 'Storage template',
    text: 'In which folders originals lie, and how they are called.',
    groups: {},
    fields: {
      enabled: 'Sort files by template',
      hashVerificationEnabled: [
        'Compare checksums when files are moved',
        'Leave it on unless you know why not.',
      ],
      template: 'Template',
    },
  },
  image: {
    title: 'Pictures',
    text: 'Size and quality of the pictures that are made of each photo.',
    groups: {
      thumbnail: 'Thumbnails in lists',
      preview: 'Previews in the viewer',
      fullsize: 'Full size',
    },
    fields: {
      'thumbnail.format': 'Format',
      'thumbnail.size': 'Size',
      'thumbnail.quality': quality,
      'thumbnail.progressive': progressive,
      'preview.format': 'Format',
      'preview.size': 'Size',
      'preview.quality': quality,
      'preview.progressive': progressive,
      'fullsize.enabled': ['Make them', 'For files that browsers cannot show, such as raw files.'],
      'fullsize.format': 'Format',
      'fullsize.quality': quality,
      'fullsize.progressive': progressive,
      colorspace: ['Colours', 'P3 keeps more of them; sRGB suits old devices.'],
      extractEmbedded: ['Use the preview inside raw files', 'Faster, and looks as on the camera.'],
    },
  },
  ffmpeg: {
    title: 'Videos',
    text: 'Which videos are converted, and to what.',
    groups: { realtime: 'While watching' },
    fields: {
      transcode: ['Convert', 'Which videos are converted at all.'],
      targetVideoCodec: 'Video codec',
      acceptedVideoCodecs: ['Video codecs that stay', 'These need no conversion.'],
      targetAudioCodec: 'Audio codec',
      acceptedAudioCodecs: 'Audio codecs that stay',
      acceptedContainers: ['Containers that stay', 'MP4 always stays.'],
      targetResolution: ['Resolution', 'Lines of picture; larger videos become smaller.'],
      maxBitrate: ['Highest bit rate', 'Such as 4500k. 0 for no limit.'],
      crf: ['Quality (CRF)', '0 to 51. Lower looks better and takes more room.'],
      preset: ['Speed', 'Slower makes smaller files.'],
      twoPass: ['In two passes', 'Meets the bit rate better, takes twice as long.'],
      threads: ['Threads', '0 for as many as there are cores.'],
      tonemap: ['HDR to SDR', 'How bright videos are made to fit.'],
      accel: ['Hardware', 'What helps with encoding.'],
      accelDecode: 'Hardware also decodes',
      preferredHwDevice: ['Device', 'auto, or a path such as /dev/dri/renderD128'],
      cqMode: 'Constant quality mode',
      temporalAQ: ['Temporal AQ', 'NVENC only: better where there is little motion.'],
      bframes: ['B-frames', '-1 to 16; -1 lets the encoder choose.'],
      refs: ['Reference frames', '0 to 6; 0 lets the encoder choose.'],
      gopSize: ['Frames between key frames', '0 lets the encoder choose.'],
      'realtime.enabled': [
        'Convert while watching',
        'Videos start at once, in a quality that fits the connection.',
      ],
      'realtime.videoCodecs': 'Video codecs',
      'realtime.resolutions': 'Resolutions',
    },
  },
  machineLearning: {
    title: 'Machine learning',
    text: 'A second server that sees what is in pictures.',
    groups: {
      availabilityChecks: 'Is it there?',
      clip: 'Search by content',
      duplicateDetection: 'Duplicates',
      facialRecognition: 'Faces',
      ocr: 'Text in pictures',
    },
    fields: {
      enabled: 'Use machine learning',
      urls: ['Addresses', 'Asked one after the other until one answers.'],
      'availabilityChecks.enabled': 'Ask regularly',
      'availabilityChecks.timeout': 'Patience',
      'availabilityChecks.interval': 'How often',
      'clip.enabled': 'Search by content',
      'clip.modelName': [
        'Model',
        'After a change all photos must be looked at again: start “Search by content” for all.',
      ],
      'duplicateDetection.enabled': 'Find duplicates',
      'duplicateDetection.maxDistance': [
        'How different',
        '0.001 to 0.1. Higher finds more, also what is none.',
      ],
      'facialRecognition.enabled': 'Recognise faces',
      'facialRecognition.modelName': ['Model', 'After a change start “Find faces” for all.'],
      'facialRecognition.minScore': [
        'How sure',
        '0.1 to 1. Lower finds more faces, also what is none.',
      ],
      'facialRecognition.maxDistance': [
        'How different',
        '0.1 to 2. Lower keeps people apart, higher puts more together.',
      ],
      'facialRecognition.minFaces': 'Faces until it is a person',
      'ocr.enabled': 'Read text',
      'ocr.modelName': 'Model',
      'ocr.minDetectionScore': ['How sure that it is text', '0.1 to 1.'],
      'ocr.minRecognitionScore': ['How sure what it says', '0.1 to 1.'],
      'ocr.maxResolution': 'Largest side of the picture',
    },
  },
  metadata: {
    title: 'Metadata',
    text: 'What is taken from the files.',
    groups: {},
    fields: {
      'faces.import': [
        'Take faces from the files',
        'Names and places of faces that other programs have written.',
      ],
    },
  },
  map: {
    title: 'Map',
    text: 'Styles are for apps that draw their own map; this web app has its own.',
    groups: {},
    fields: { enabled: 'Show the map', lightStyle: 'Style by day', darkStyle: 'Style by night' },
  },
  reverseGeocoding: {
    title: 'Names of places',
    text: 'City, state and country of a photo with a position, from data on this server.',
    groups: {},
    fields: { enabled: 'Find names of places' },
  },
  library: {
    title: 'External libraries',
    text: 'How changes in them are noticed.',
    groups: { scan: 'Scan', watch: 'Watch' },
    fields: {
      'scan.enabled': 'Scan regularly',
      'scan.cronExpression': cron,
      'watch.enabled': ['Watch the folders', 'Changes are seen at once; not on network drives.'],
    },
  },
  trash: {
    title: 'Trash',
    text: 'What happens to deleted photos.',
    groups: {},
    fields: {
      enabled: ['Keep a trash', 'Else deleting is for good.'],
      days: 'Keep for',
    },
  },
  user: {
    title: 'Deleted users',
    text: 'How long they can be restored.',
    groups: {},
    fields: { deleteDelay: 'Keep for' },
  },
  passwordLogin: {
    title: 'Login with a password',
    text: 'Can be switched off where everybody logs in at a provider.',
    groups: {},
    fields: {
      enabled: ['Allow passwords', 'Make sure that single sign-on works before you switch it off.'],
    },
  },
  oauth: {
    title: 'Single sign-on',
    text: 'Login at a provider by OpenID Connect.',
    groups: {},
    fields: {
      enabled: 'Allow single sign-on',
      issuerUrl: ['Address of the provider', 'Its issuer URL.'],
      clientId: 'Client ID',
      clientSecret: 'Client secret',
      tokenEndpointAuthMethod: 'How the secret is sent',
      scope: 'Scope',
      prompt: ['Prompt', 'Such as select_account. Usually empty.'],
      signingAlgorithm: 'Signature of the ID token',
      profileSigningAlgorithm: 'Signature of the profile',
      endSessionEndpoint: ['Logout address', 'Empty takes what the provider tells.'],
      accountManagementUrl: [
        'Account page',
        'Where users look after their account at the provider.',
      ],
      timeout: 'Patience',
      allowInsecureRequests: ['Allow http', 'Only for tests: the login can be overheard.'],
      buttonText: 'Text on the button',
      autoLaunch: 'Go to the provider without asking',
      autoRegister: ['Make accounts', 'For whoever logs in at the provider the first time.'],
      storageLabelClaim: 'Claim with the storage label',
      storageQuotaClaim: 'Claim with the storage limit',
      defaultStorageQuota: ['Storage limit without a claim', 'Leave empty for none.'],
      roleClaim: 'Claim with the role',
      mobileOverrideEnabled: [
        'Other redirect address for the app',
        'For providers that refuse app.immich:///',
      ],
      mobileRedirectUri: 'Redirect address for the app',
    },
  },
  notifications: {
    title: 'E-mail',
    text: 'The mail server that sends invitations and news.',
    groups: { smtp: 'SMTP' },
    fields: {
      'smtp.enabled': 'Send e-mails',
      'smtp.from': ['Sender', 'Such as Photos <photos@example.com>'],
      'smtp.replyTo': 'Replies to',
      'smtp.transport.host': 'Host',
      'smtp.transport.port': ['Port', '25, 465 or 587.'],
      'smtp.transport.secure': ['TLS from the start', 'For port 465.'],
      'smtp.transport.ignoreCert': ['Do not check the certificate', 'Others could read the mails.'],
      'smtp.transport.username': 'User name',
      'smtp.transport.password': 'Password',
    },
  },
  templates: {
    title: 'Texts of e-mails',
    text: 'Leave empty for the usual text.',
    groups: {},
    fields: {
      'email.welcomeTemplate': ['Welcome', '{displayName} {username} {password} {baseUrl}'],
      'email.albumInviteTemplate': [
        'Invitation to an album',
        '{albumName} {recipientName} {senderName} {albumId} {baseUrl}',
      ],
      'email.albumUpdateTemplate': [
        'New photos in an album',
        '{albumName} {recipientName} {albumId} {baseUrl}',
      ],
    },
  },
  backup: {
    title: 'Backups of the database',
    text: 'Made regularly into the folder of backups.',
    groups: {},
    fields: {
      'database.enabled': 'Back up regularly',
      'database.cronExpression': cron,
      'database.keepLastAmount': 'How many are kept',
    },
  },
  integrityChecks: {
    title: 'Integrity',
    text: 'When the disk is compared with the database.',
    groups: {
      missingFiles: 'Missing files',
      untrackedFiles: 'Unknown files',
      checksumFiles: 'Changed files',
    },
    fields: {
      'missingFiles.enabled': 'Check regularly',
      'missingFiles.cronExpression': cron,
      'untrackedFiles.enabled': 'Check regularly',
      'untrackedFiles.cronExpression': cron,
      'checksumFiles.enabled': 'Check regularly',
      'checksumFiles.cronExpression': cron,
      'checksumFiles.timeLimit': ['Longest time', 'Goes on next time where it stopped.'],
      'checksumFiles.percentageLimit': ['Part of the files', '0 to 1 of all, each time.'],
    },
  },
  nightlyTasks: {
    title: 'Every night',
    text: 'What is done once a day.',
    groups: {},
    fields: {
      startTime: ['At', 'Hours and minutes, such as 00:00'],
      databaseCleanup: 'Tidy up the database',
      generateMemories: 'Make memories',
      syncQuotaUsage: 'Count the storage of users anew',
      missingThumbnails: 'Make missing previews',
      clusterNewFaces: 'Put new faces together',
    },
  },
  job: {
    title: 'Jobs at the same time',
    text: 'More is faster, and leaves less for those who look at photos.',
    groups: {},
    fields: {
      'thumbnailGeneration.concurrency': names.thumbnailGeneration,
      'metadataExtraction.concurrency': names.metadataExtraction,
      'videoConversion.concurrency': names.videoConversion,
      'faceDetection.concurrency': names.faceDetection,
      'smartSearch.concurrency': names.smartSearch,
      'backgroundTask.concurrency': names.backgroundTask,
      'migration.concurrency': names.migration,
      'search.concurrency': names.search,
      'sidecar.concurrency': names.sidecar,
      'library.concurrency': names.library,
      'notifications.concurrency': names.notifications,
      'ocr.concurrency': names.ocr,
      'workflow.concurrency': names.workflow,
      'editor.concurrency': names.editor,
      'integrityCheck.concurrency': names.integrityCheck,
    },
  },
  newVersionCheck: {
    title: 'New versions',
    text: 'Whether administrators are told.',
    groups: {},
    fields: { enabled: 'Look for new versions', channel: 'Which' },
  },
  theme: {
    title: 'Own style',
    text: 'CSS for web apps that take it.',
    groups: {},
    fields: { customCss: 'CSS' },
  },
  logging: {
    title: 'Log',
    text: 'What the server writes down.',
    groups: {},
    fields: { enabled: 'Write a log', level: 'From which weight on' },
  },
};
