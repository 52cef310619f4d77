/* A new password that is typed twice, and what is wrong with it once somebody has tried to send it. */
import { isLongEnough } from './password';
import { t } from './preferences.svelte';

export class ChosenPassword {
  value = $state('');
  repeated = $state('');
  isTried = $state(false);
  readonly isGood = $derived(isLongEnough(this.value) && this.repeated === this.value);
  readonly valueError = $derived(
    this.isTried && !isLongEnough(this.value) ? t().auth.passwordTooShort : '',
  );
  readonly repeatError = $derived(
    this.isTried && this.repeated !== this.value ? t().auth.passwordsDiffer : '',
  );

  clear(): void {
    this.value = this.repeated = '';
    this.isTried = false;
  }
}
