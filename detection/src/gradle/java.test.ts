import { describe, expect, it } from 'vitest';
import { treeFromTexts } from '../tree.ts';
import { askedJava } from './java.ts';

const inScript = (script: string) =>
  askedJava(treeFromTexts({}), '', new Map([['app/build.gradle.kts', script]]));
const inFile = (name: string, text: string) =>
  askedJava(treeFromTexts({ [name]: text, 'x/build.gradle': '' }, 'x'), 'x', new Map());

describe('the Java of a Gradle build', () => {
  it.each([
    'sourceCompatibility = JavaVersion.VERSION_21',
    'kotlin { jvmToolchain(21) }',
    'java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }',
    'compilerOptions { jvmTarget.set(JvmTarget.JVM_21) }',
    'sourceCompatibility = JavaVersion.VERSION_17; targetCompatibility = JavaVersion.VERSION_21',
  ])('is the newest that a script compiles for: %s', (script) => {
    expect(inScript(script)).toEqual({ version: '21', by: 'app/build.gradle.kts' });
  });

  it.each(['JavaVersion.VERSION_11', 'jvmToolchain(17)', 'jvmTarget = "1.8"', 'VERSION_CODE_21', ''])(
    'is nobody’s wish where Android’s plugin needs as much: %s',
    (script) => expect(inScript(script)).toBeNull(),
  );

  it.each([
    ['gradle/gradle-daemon-jvm.properties', '#x\ntoolchainVendor=adoptium\ntoolchainVersion=21\n', null],
    ['x/gradle/gradle-daemon-jvm.properties', 'toolchainVersion=21\r\n', '21'],
    ['x/.java-version', '21\n', '21'],
    ['.java-version', 'openjdk64-17.0.2', null],
    ['.java-version', 'temurin-17.0.2+8', '17'],
    ['.java-version', '1.8', '8'],
    ['.sdkmanrc', 'gradle=8.0\njava=17.0.2-tem', '17'],
    ['.sdkmanrc', '# java=17.0.2-tem', null],
  ])('is what a file for that says: %s %j', (name, text, version) => {
    expect(inFile(name, text)?.version ?? null).toBe(version);
  });
});
