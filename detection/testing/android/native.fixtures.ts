/** Android Studio's templates of several years, and how larger projects are laid out. */
import type { Fixtures, SourceFiles } from '../fixture.ts';

const wrapper: SourceFiles = {
  gradlew: '#!/bin/sh',
  'gradlew.bat': '',
  'gradle/wrapper/gradle-wrapper.jar': '',
  'gradle/wrapper/gradle-wrapper.properties': 'distributionUrl=https\\://example.com/gradle-8.13-bin.zip',
};

const catalog = `[versions]
agp = "8.11.0"
kotlin = "2.2.0"
[libraries]
androidx-core-ktx = { group = "androidx.core", name = "core-ktx", version = "1.16.0" }
[plugins]
android-application = { id = "com.android.application", version.ref = "agp" }
android-library = { id = "com.android.library", version.ref = "agp" }
kotlin-android = { id = "org.jetbrains.kotlin.android", version.ref = "kotlin" }
`;

const bothTasks = (module: string) => `sh ./gradlew ${module}:assembleRelease ${module}:bundleRelease`;
const outputsIn = (folder: string) => [
  `${folder}build/outputs/apk/**/*.apk`,
  `${folder}build/outputs/bundle/**/*.aab`,
];

const kotlinApp = `plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.android)
}
android {
    namespace = "com.example.myapplication"
    compileSdk = 36
    defaultConfig {
        applicationId = "com.example.myapplication"
        versionCode = 1
        versionName = "1.4.2"
    }
}`;

export const nativeAndroidFixtures: Fixtures = {
  'the template of Android Studio: Kotlin DSL with a version catalog': {
    files: {
      ...wrapper,
      'settings.gradle.kts':
        'pluginManagement { repositories { google() } }\nrootProject.name = "My Application"\ninclude(":app")\n',
      'build.gradle.kts':
        'plugins {\n    alias(libs.plugins.android.application) apply false\n    alias(libs.plugins.kotlin.android) apply false\n}',
      'gradle/libs.versions.toml': catalog,
      'app/build.gradle.kts': kotlinApp,
      'app/src/main/AndroidManifest.xml': '<manifest/>',
    },
    plan: {
      type: 'android',
      framework: 'android',
      image: 'appflux/android-builder',
      packageManager: null,
      installCommand: null,
      buildCommand: bothTasks(':app'),
      outputs: outputsIn('app/'),
    },
    because: [
      'Framework: Android, because settings.gradle.kts belongs to a Gradle build with an application module.',
      `Build command: ${bothTasks(':app')}; the application is the module :app, built with the project’s own Gradle (gradlew).`,
    ],
    version: '1.4.2',
  },
  'the template of Android Studio: Groovy DSL': {
    files: {
      ...wrapper,
      'settings.gradle': "rootProject.name = 'Old'\ninclude ':app'\n",
      'build.gradle':
        "plugins {\n    id 'com.android.application' version '7.4.2' apply false\n    id 'com.android.library' version '7.4.2' apply false\n}",
      'app/build.gradle':
        'plugins {\n    id \'com.android.application\'\n}\nandroid {\n  defaultConfig {\n    applicationId "a.b"\n    versionName "2.0"\n  }\n}',
    },
    plan: { framework: 'android', buildCommand: bothTasks(':app'), outputs: outputsIn('app/') },
    version: '2.0',
  },
  'a project with buildscript and apply plugin': {
    files: {
      ...wrapper,
      'settings.gradle': "include ':app', ':core'",
      'build.gradle': "buildscript {\n  dependencies { classpath 'com.android.tools.build:gradle:4.1.3' }\n}",
      'app/build.gradle': "apply plugin: 'com.android.application'\nandroid { }",
      'core/build.gradle': "apply plugin: 'com.android.library'",
    },
    plan: { buildCommand: bothTasks(':app') },
    version: null,
  },
  'an Android plugin from before bundles, without a wrapper': {
    files: {
      'settings.gradle': "include ':app'",
      'build.gradle': "buildscript { dependencies { classpath 'com.android.tools.build:gradle:2.2.2' } }",
      'app/build.gradle': "apply plugin: 'com.android.application'",
    },
    plan: { buildCommand: 'gradle :app:assembleRelease', outputs: outputsIn('app/') },
    because: [
      'Build command: gradle :app:assembleRelease; the application is the module :app, built with the image’s Gradle, because the Gradle wrapper is missing or incomplete.',
    ],
  },
  'one module without settings': {
    files: {
      'build.gradle': "apply plugin: 'com.android.application'\n",
      'src/main/AndroidManifest.xml': '',
    },
    plan: { buildCommand: 'gradle assembleRelease', outputs: outputsIn('') },
  },
  'Java 21 by what the code is compiled for': {
    files: {
      ...wrapper,
      'settings.gradle.kts': 'include(":app")',
      'app/build.gradle.kts':
        'plugins { id("com.android.application") }\nandroid { compileOptions { sourceCompatibility = JavaVersion.VERSION_21\n // VERSION_25\n targetCompatibility = JavaVersion.VERSION_11 } }',
    },
    plan: { framework: 'android', java: '21' },
    because: ['Java: 21, because of app/build.gradle.kts.'],
  },
  'Java by a file for that': {
    base: 'android',
    files: {
      '.sdkmanrc': '# Enable auto-env\njava=21.0.2-tem\n',
      'android/gradlew': '',
      'android/settings.gradle': "include ':app'",
      'android/app/build.gradle': 'apply plugin: "com.android.application"\nkotlin { jvmToolchain(25) }',
    },
    plan: { java: '21' },
    because: ['Java: 21, because of .sdkmanrc.'],
  },
  'Java for Gradle itself': {
    files: {
      ...wrapper,
      'gradle/gradle-daemon-jvm.properties': '#This file is generated\ntoolchainVersion=17\n',
      '.java-version': 'temurin-21.0.1+12',
      'settings.gradle': "include ':app'",
      'app/build.gradle': 'apply plugin: "com.android.application"',
    },
    plan: { java: '17' },
  },
  'several applications, of which one is for watches': {
    files: {
      ...wrapper,
      'settings.gradle.kts': 'include(\n    ":wear",\n    ":mobile",\n    ":shared",\n)',
      'gradle/libs.versions.toml': catalog,
      'wear/build.gradle.kts': kotlinApp,
      'mobile/build.gradle.kts': kotlinApp,
      'shared/build.gradle.kts': 'plugins { alias(libs.plugins.android.library) }',
    },
    plan: { buildCommand: bothTasks(':mobile'), outputs: outputsIn('mobile/') },
    because: [
      `Build command: ${bothTasks(':mobile')}; the module :mobile was chosen over ":wear", built with the project’s own Gradle (gradlew). To build another, set a build command and outputs.`,
    ],
  },
  'flavors in the Groovy DSL': {
    files: {
      ...wrapper,
      'settings.gradle': 'include ":app"',
      'app/build.gradle': `apply plugin: "com.android.application"
android {
  flavorDimensions "tier"
  productFlavors {
    // demo { }
    free { dimension "tier"; buildConfigField "String", "A", "\\"{x}\\"" }
    paid {
      dimension "tier"
      ext { inner { } }
    }
  }
}`,
    },
    plan: { outputs: outputsIn('app/') },
    because: ['Output: the release build of each flavor ("free", "paid").'],
  },
  'flavors in the Kotlin DSL': {
    files: {
      ...wrapper,
      'settings.gradle.kts': 'include(":app")',
      'app/build.gradle.kts':
        'plugins { id("com.android.application") version "8.1.0" }\nandroid {\n  productFlavors {\n    create("demo") { applicationIdSuffix = ".demo" }\n    register("full") { }\n  }\n}',
    },
    plan: { buildCommand: bothTasks(':app') },
    because: ['Output: the release build of each flavor ("demo", "full").'],
  },
  'convention plugins of the project’s own, as in Now in Android': {
    files: {
      ...wrapper,
      'settings.gradle.kts':
        'pluginManagement { includeBuild("build-logic") }\ninclude(":app")\ninclude(":app-nia-catalog")\ninclude(":core:data")\ninclude(":feature:foryou")\n',
      'build.gradle.kts': '',
      'gradle/libs.versions.toml': `${catalog}nowinandroid-android-application = { id = "nowinandroid.android.application" }\nnowinandroid-android-library = { id = "nowinandroid.android.library" }\n`,
      'app/build.gradle.kts':
        'plugins {\n  alias(libs.plugins.nowinandroid.android.application)\n}\nandroid { defaultConfig { versionName = "0.1.2" // X.Y.Z\n } }',
      'app-nia-catalog/build.gradle.kts': 'plugins { alias(libs.plugins.nowinandroid.android.application) }',
      'core/data/build.gradle.kts': 'plugins { alias(libs.plugins.nowinandroid.android.library) }',
      'feature/foryou/build.gradle.kts': 'plugins { alias(libs.plugins.nowinandroid.android.library) }',
    },
    plan: { buildCommand: bothTasks(':app') },
    version: '0.1.2',
  },
  'Kotlin Multiplatform with Compose': {
    files: {
      ...wrapper,
      'settings.gradle.kts': 'rootProject.name = "Kmp"\ninclude(":composeApp")',
      'gradle/libs.versions.toml': catalog.replaceAll('android-application', 'androidApplication'),
      'composeApp/build.gradle.kts':
        'plugins {\n  alias(libs.plugins.kotlinMultiplatform)\n  alias(libs.plugins.androidApplication)\n}\nandroid { defaultConfig { applicationId = "org.example" } }',
    },
    plan: { buildCommand: bothTasks(':composeApp'), outputs: outputsIn('composeApp/') },
  },
  'a nested module in a folder of another name, with its version in the catalog': {
    files: {
      ...wrapper,
      'settings.gradle':
        "include ':clients:phone'\nproject(':clients:phone').projectDir = file('android/phone')\n",
      'gradle/libs.versions.toml': `${catalog}\n[metadata]\n`.replace(
        '[versions]',
        '[versions]\napp-version = "3.2.1"',
      ),
      'android/phone/build.gradle':
        "plugins { id 'com.android.application' }\nandroid { defaultConfig { versionName libs.versions.app.version.get() } }",
    },
    plan: { buildCommand: bothTasks(':clients:phone'), outputs: outputsIn('android/phone/') },
    version: '3.2.1',
  },
  'a wrapper whose program was not committed': {
    files: {
      gradlew: '',
      'gradle/wrapper/gradle-wrapper.properties': '',
      'settings.gradle': "include ':app'",
      'app/build.gradle': "plugins { id 'com.android.application' version '8.2.0' }",
      'build.gradle': "plugins { id 'com.android.application' version '8.2.0' apply false }",
    },
    plan: { buildCommand: 'gradle :app:assembleRelease :app:bundleRelease' },
  },
  'libraries alone': {
    files: {
      ...wrapper,
      'settings.gradle.kts': 'include(":lib")',
      'lib/build.gradle.kts': 'plugins { id("com.android.library") }',
    },
    message: 'settings.gradle.kts includes Android libraries, but no module applies com.android.application',
    hint: 'Set the root directory to the folder of the app',
  },
  'the Android folder of a Flutter app': {
    base: 'android',
    files: {
      'pubspec.yaml': 'name: x\ndependencies:\n  flutter:\n    sdk: flutter\n',
      'android/settings.gradle':
        'def flutterSdkPath = properties.getProperty("flutter.sdk")\nplugins { id "com.android.application" version "8.1.0" apply false }\ninclude ":app"',
      'android/app/build.gradle': 'plugins { id "com.android.application" }',
    },
    message: 'belongs to a Flutter project',
    hint: 'the app to that folder',
  },
  'a Java service built with Gradle': {
    files: {
      ...wrapper,
      'settings.gradle': "rootProject.name = 'service'",
      'build.gradle': "plugins { id 'org.springframework.boot' version '3.5.0'\n id 'java' }",
    },
    message: 'Found nothing to build',
    hint: 'set a build command and outputs',
  },
};
