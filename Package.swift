// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Modules are leaves first; a module imports only what stands above it. `docs/architecture.md` draws the arrows.
let package = Package(
    name: "release-capsule",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "capsule", targets: ["capsule"]),
        .library(name: "OCI", targets: ["OCI"]),
        .library(name: "OCIRegistry", targets: ["OCIRegistry"]),
        .library(name: "Archive", targets: ["Archive"]),
        .library(name: "CapsuleCore", targets: ["CapsuleCore"]),
        .library(name: "CapsuleTrust", targets: ["CapsuleTrust"]),
        .library(name: "CapsuleDelivery", targets: ["CapsuleDelivery"]),
        .library(name: "KargoExpressions", targets: ["KargoExpressions"]),
        .library(name: "KargoManifests", targets: ["KargoManifests"]),
        .library(name: "CapsuleServer", targets: ["CapsuleServer"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2", traits: []),
    ],
    targets: [
        .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLinux", path: "Sources/CLinux"),
        .systemLibrary(
            name: "CLibYAML", path: "Sources/CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CSodium", path: "Sources/CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .target(name: "OCI", dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
        .target(name: "Signing", dependencies: ["OCI", "CSodium", .product(name: "Crypto", package: "swift-crypto")]),
        .target(name: "Archive", dependencies: ["CZlib", "CLinux"]),
        .target(
            name: "Processes",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .target(name: "OCIArchive", dependencies: ["OCI", "Archive"]),
        .target(
            name: "OCIRegistry",
            dependencies: [
                "OCI", "Processes",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .target(
            name: "CapsuleCore",
            dependencies: ["OCI", "Archive", "CLibYAML", .product(name: "Crypto", package: "swift-crypto")]),
        .target(name: "CapsuleTrust", dependencies: ["CapsuleCore", "OCI", "Archive", "Signing"]),
        .target(
            name: "CapsuleDelivery",
            dependencies: [
                "CapsuleTrust", "CapsuleCore", "OCI", "Archive", "Processes", "Signing",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(name: "KargoExpressions", dependencies: ["CapsuleCore"]),
        .target(
            name: "KargoManifests",
            dependencies: ["KargoExpressions", "CapsuleDelivery", "CapsuleCore", "OCI"]),
        .target(
            name: "CapsuleServer",
            dependencies: [
                "KargoManifests", "CapsuleDelivery", "CapsuleTrust", "CapsuleCore", "OCI", "Signing",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "CapsuleCommands",
            dependencies: [
                "KargoManifests", "CapsuleServer", "CapsuleDelivery", "CapsuleTrust", "CapsuleCore", "OCI",
                "OCIArchive",
                "OCIRegistry", "Archive",
                "Processes", "Signing",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(name: "capsule", dependencies: ["CapsuleCommands"]),
        .target(
            name: "CapsuleTestSupport",
            dependencies: [
                "OCI", "Archive", "CapsuleCore", "Processes",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(
            name: "KargoTestSupport",
            dependencies: [
                "KargoExpressions", "CapsuleCore", "OCI", "Processes", "CapsuleTestSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .testTarget(name: "SigningTests", dependencies: ["Signing", "OCI", "Processes", "CapsuleTestSupport"]),
        .testTarget(name: "OCITests", dependencies: ["OCI", "Processes", "CapsuleTestSupport"]),
        .testTarget(name: "ArchiveTests", dependencies: ["Archive", "Processes", "CapsuleTestSupport"]),
        .testTarget(name: "ProcessesTests", dependencies: ["Processes", "CapsuleTestSupport"]),
        .testTarget(
            name: "OCIArchiveTests", dependencies: ["OCIArchive", "OCI", "Archive", "Processes", "CapsuleTestSupport"]),
        .testTarget(
            name: "OCIRegistryTests",
            dependencies: [
                "OCIRegistry", "OCI", "Processes", "CapsuleTestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .testTarget(
            name: "CapsuleCoreTests",
            dependencies: ["CapsuleCore", "OCI", "Archive", "Processes", "CapsuleTestSupport"]),
        .testTarget(
            name: "CapsuleTrustTests",
            dependencies: [
                "CapsuleTrust", "CapsuleCore", "OCI", "Archive", "Processes", "Signing", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "CapsuleDeliveryTests",
            dependencies: [
                "CapsuleDelivery", "CapsuleTrust", "CapsuleCore", "OCI", "Archive", "Processes", "Signing",
                "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "KargoManifestsTests",
            dependencies: [
                "KargoManifests", "CapsuleDelivery", "CapsuleCore", "OCI", "Processes", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "KargoTests",
            dependencies: [
                "KargoManifests", "KargoExpressions", "KargoTestSupport", "CapsuleDelivery", "CapsuleCore", "OCI",
                "Processes", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "CapsuleServerTests",
            dependencies: [
                "CapsuleServer", "CapsuleDelivery", "CapsuleTrust", "CapsuleCore", "OCI", "Processes",
                "CapsuleTestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "CapsuleCommands", "CapsuleServer", "CapsuleDelivery", "CapsuleTrust", "CapsuleCore", "OCI",
                "OCIArchive", "OCIRegistry", "Archive", "Processes", "Signing", "CapsuleTestSupport",
                "KargoTestSupport",
                "capsule",
                .product(name: "Logging", package: "swift-log"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .treatAllWarnings(as: .error),
        ]
}

// What tests read where it stands: golden files, and the directories of cases.
for target in package.targets where target.type == .test {
    let files = FileManager.default.enumerator(atPath: "\(Context.packageDirectory)/Tests/\(target.name)")
    target.exclude = (files?.allObjects as? [String] ?? [])
        .filter { $0.hasSuffix("Golden") || $0.hasSuffix("Cases") }.sorted()
}
