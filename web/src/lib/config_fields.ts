/* How each setting of the server is entered. The compiler holds this against the contract: every
 * setting has a field, and of its kind. */
import {
  audioCodecValues,
  colorspaceValues,
  configLogLevelValues,
  cQModeValues,
  hlsVideoResolutionValues,
  imageFormatValues,
  oAuthTokenEndpointAuthMethodValues,
  releaseChannelValues,
  toneMappingValues,
  transcodeHWAccelValues,
  transcodePolicyValues,
  videoCodecValues,
  videoContainerValues,
  type AdminConfig,
} from '../api/generated/client';

interface Switch {
  kind: 'switch';
}

interface Amount {
  kind: 'number';
  min?: number;
  max?: number;
  /** Fractions are allowed. */
  isFraction?: boolean;
  /** Left empty it means none. */
  isOptional?: boolean;
  unit?: 'days' | 'pixels' | 'milliseconds' | 'gibibytes';
}

interface Text {
  /** `lines` may be long, `secret` is not shown. */
  kind: 'text' | 'lines' | 'secret';
}

interface Choice<T> {
  kind: 'choice';
  values: readonly T[];
}

/** Several of a few. */
interface Choices<T> {
  kind: 'choices';
  values: readonly T[];
}

/** As many as one likes, one a line. */
interface TextList {
  kind: 'list';
}

export type FieldKind =
  Switch | Amount | Text | Choice<string> | Choices<string | number> | TextList;

type KindOf<T> = [T] extends [boolean]
  ? Switch
  : [T] extends [number]
    ? Amount
    : [T] extends [string]
      ? string extends T
        ? Text | Choice<string>
        : Choice<T>
      : T extends readonly (infer E)[]
        ? string extends E
          ? TextList
          : Choices<E>
        : { [K in keyof T]-?: KindOf<NonNullable<T[K]>> };

export type ConfigFields<T> = { [K in keyof T]-?: KindOf<NonNullable<T[K]>> };

const onOff: Switch = { kind: 'switch' };
const text: Text = { kind: 'text' };
const lines: Text = { kind: 'lines' };
const secret: Text = { kind: 'secret' };
const number = (limits: Omit<Amount, 'kind'> = {}): Amount => ({ kind: 'number', ...limits });
const choice = <T>(values: readonly T[]): Choice<T> => ({ kind: 'choice', values });
const choices = <T>(values: readonly T[]): Choices<T> => ({ kind: 'choices', values });

const atLeastOne = number({ min: 1 });
const score = number({ min: 0.1, max: 1, isFraction: true });
const quality = number({ min: 1, max: 100 });
const pixels = number({ min: 1, unit: 'pixels' });
const milliseconds = number({ min: 1, unit: 'milliseconds' });
const concurrency = { concurrency: atLeastOne };
const schedule = { enabled: onOff, cronExpression: text };
const picture = {
  format: choice(imageFormatValues),
  size: pixels,
  quality,
  progressive: onOff,
};

export const presets = [
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
  'slower',
  'veryslow',
] as const;

export const resolutions = ['480', '720', '1080', '1440', '2160', 'original'] as const;

/** In the order of the page. */
export const configFields: ConfigFields<AdminConfig> = {
  server: { externalDomain: text, loginPageMessage: lines, publicUsers: onOff },
  storageTemplate: { enabled: onOff, hashVerificationEnabled: onOff, template: lines },
  image: {
    thumbnail: picture,
    preview: picture,
    fullsize: {
      enabled: onOff,
      format: choice(imageFormatValues),
      quality,
      progressive: onOff,
    },
    colorspace: choice(colorspaceValues),
    extractEmbedded: onOff,
  },
  ffmpeg: {
    transcode: choice(transcodePolicyValues),
    targetVideoCodec: choice(videoCodecValues),
    acceptedVideoCodecs: choices(videoCodecValues),
    targetAudioCodec: choice(audioCodecValues),
    acceptedAudioCodecs: choices(audioCodecValues),
    acceptedContainers: choices(videoContainerValues),
    targetResolution: choice<string>(resolutions),
    maxBitrate: text,
    crf: number({ min: 0, max: 51 }),
    preset: choice<string>(presets),
    twoPass: onOff,
    threads: number({ min: 0 }),
    tonemap: choice(toneMappingValues),
    accel: choice(transcodeHWAccelValues),
    accelDecode: onOff,
    preferredHwDevice: text,
    cqMode: choice(cQModeValues),
    temporalAQ: onOff,
    bframes: number({ min: -1, max: 16 }),
    refs: number({ min: 0, max: 6 }),
    gopSize: number({ min: 0 }),
    realtime: {
      enabled: onOff,
      videoCodecs: choices(videoCodecValues),
      resolutions: choices(hlsVideoResolutionValues),
    },
  },
  machineLearning: {
    enabled: onOff,
    urls: { kind: 'list' },
    availabilityChecks: { enabled: onOff, timeout: milliseconds, interval: milliseconds },
    clip: { enabled: onOff, modelName: text },
    duplicateDetection: {
      enabled: onOff,
      maxDistance: number({ min: 0.001, max: 0.1, isFraction: true }),
    },
    facialRecognition: {
      enabled: onOff,
      modelName: text,
      minScore: score,
      maxDistance: number({ min: 0.1, max: 2, isFraction: true }),
      minFaces: atLeastOne,
    },
    ocr: {
      enabled: onOff,
      modelName: text,
      minDetectionScore: score,
      minRecognitionScore: score,
      maxResolution: pixels,
    },
  },
  metadata: { faces: { import: onOff } },
  map: { enabled: onOff, lightStyle: text, darkStyle: text },
  reverseGeocoding: { enabled: onOff },
  library: { scan: schedule, watch: { enabled: onOff } },
  trash: { enabled: onOff, days: number({ min: 0, unit: 'days' }) },
  user: { deleteDelay: number({ min: 1, unit: 'days' }) },
  passwordLogin: { enabled: onOff },
  oauth: {
    enabled: onOff,
    issuerUrl: text,
    clientId: text,
    clientSecret: secret,
    tokenEndpointAuthMethod: choice(oAuthTokenEndpointAuthMethodValues),
    scope: text,
    prompt: text,
    signingAlgorithm: text,
    profileSigningAlgorithm: text,
    endSessionEndpoint: text,
    accountManagementUrl: text,
    timeout: milliseconds,
    allowInsecureRequests: onOff,
    buttonText: text,
    autoLaunch: onOff,
    autoRegister: onOff,
    storageLabelClaim: text,
    storageQuotaClaim: text,
    defaultStorageQuota: number({ min: 0, isOptional: true, unit: 'gibibytes' }),
    roleClaim: text,
    mobileOverrideEnabled: onOff,
    mobileRedirectUri: text,
  },
  notifications: {
    smtp: {
      enabled: onOff,
      from: text,
      replyTo: text,
      transport: {
        host: text,
        port: number({ min: 0, max: 65535 }),
        secure: onOff,
        ignoreCert: onOff,
        username: text,
        password: secret,
      },
    },
  },
  templates: {
    email: { welcomeTemplate: lines, albumInviteTemplate: lines, albumUpdateTemplate: lines },
  },
  backup: {
    database: { enabled: onOff, cronExpression: text, keepLastAmount: atLeastOne },
  },
  integrityChecks: {
    missingFiles: schedule,
    untrackedFiles: schedule,
    checksumFiles: {
      ...schedule,
      timeLimit: number({ min: 0, unit: 'milliseconds' }),
      percentageLimit: number({ min: 0, max: 1, isFraction: true }),
    },
  },
  nightlyTasks: {
    startTime: text,
    databaseCleanup: onOff,
    generateMemories: onOff,
    syncQuotaUsage: onOff,
    missingThumbnails: onOff,
    clusterNewFaces: onOff,
  },
  job: {
    thumbnailGeneration: concurrency,
    metadataExtraction: concurrency,
    videoConversion: concurrency,
    faceDetection: concurrency,
    smartSearch: concurrency,
    backgroundTask: concurrency,
    migration: concurrency,
    search: concurrency,
    sidecar: concurrency,
    library: concurrency,
    notifications: concurrency,
    ocr: concurrency,
    workflow: concurrency,
    editor: concurrency,
    integrityCheck: concurrency,
  },
  newVersionCheck: { enabled: onOff, channel: choice(releaseChannelValues) },
  theme: { customCss: lines },
  logging: { enabled: onOff, level: choice(configLogLevelValues) },
};
