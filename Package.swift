// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Modules are leaves first; a module imports only what is listed above it. `docs/architecture.md` draws the arrows.
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
        .library(name: "ReleaseWorkflows", targets: ["ReleaseWorkflows"]),
        .library(name: "KargoExpressions", targets: ["KargoExpressions"]),
        .library(name: "KargoManifests", targets: ["KargoManifests"]),
        .library(name: "CapsuleServer", targets: ["CapsuleServer"]),
    ],
    targets: [
        .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLinux", path: "Sources/CLinux"),
        .systemLibrary(
            name: "CLibYAML", path: "Sources/CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CSodium", path: "Sources/CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CSpawn"),
        .target(name: "COpenAPI", exclude: ["openapi.json"]),
        .target(name: "Support"),
        .target(name: "Documents", dependencies: ["Support", "CLibYAML"]),
        .target(name: "Logging"),
        .target(name: "Cryptography", dependencies: ["COpenSSL"], swiftSettings: [.strictMemorySafety()]),
        .target(name: "HTTPMessages"),
        .target(
            name: "HTTPClient", dependencies: ["HTTPMessages", "Cryptography", "CCurl"],
            swiftSettings: [.strictMemorySafety()]),
        .target(
            name: "HTTPServer", dependencies: ["HTTPMessages", "COpenSSL", "CLinux"],
            swiftSettings: [.strictMemorySafety()]),
        .target(name: "CommandParser", swiftSettings: [.strictMemorySafety()]),
        .target(name: "OCI", dependencies: ["Support", "Documents", "Cryptography"]),
        .target(name: "Signing", dependencies: ["Support", "Documents", "OCI", "Cryptography", "CSodium"]),
        .target(name: "Archive", dependencies: ["Support", "CZlib", "CLinux"]),
        .target(name: "Processes", dependencies: ["CSpawn"], swiftSettings: [.strictMemorySafety()]),
        .target(name: "OCIArchive", dependencies: ["Support", "OCI", "Archive"]),
        .target(
            name: "OCIRegistry",
            dependencies: [
                "Support", "Documents", "OCI", "Processes", "HTTPClient", "HTTPMessages", "Logging",
            ]),
        .target(name: "CapsuleCore", dependencies: ["Support", "Documents", "OCI", "Archive", "Cryptography"]),
        .target(
            name: "CapsuleTrust",
            dependencies: ["Support", "Documents", "CapsuleCore", "OCI", "Archive", "Signing", "Cryptography"]),
        .target(name: "GitOps", dependencies: ["Support", "CapsuleCore", "OCI", "Processes", "Cryptography"]),
        .target(
            name: "Rendering",
            dependencies: [
                "Support", "Documents", "CapsuleTrust", "CapsuleCore", "OCI", "Processes",
            ]),
        .target(
            name: "DeliveryConfiguration",
            dependencies: ["Support", "Documents", "GitOps", "Rendering", "CapsuleCore", "OCI"]),
        .target(
            name: "EvidencePolicies",
            dependencies: [
                "Support", "Documents", "DeliveryConfiguration", "GitOps", "CapsuleTrust", "CapsuleCore", "OCI",
                "Signing",
            ]),
        .target(
            name: "Promotion",
            dependencies: [
                "Support", "Documents", "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleTrust", "CapsuleCore",
                "OCI", "Processes", "Signing",
            ]),
        .target(
            name: "ReleaseWorkflows",
            dependencies: [
                "Support", "Documents", "Promotion", "EvidencePolicies", "DeliveryConfiguration", "GitOps",
                "Rendering", "CapsuleTrust", "CapsuleCore", "OCI", "Processes", "Signing",
            ]),
        .target(name: "KargoExpressions", dependencies: ["Support", "Documents"]),
        .target(
            name: "KargoManifests",
            dependencies: [
                "KargoExpressions", "Support", "Documents", "ReleaseWorkflows", "Promotion", "DeliveryConfiguration",
                "GitOps", "Rendering", "CapsuleCore", "OCI",
            ]),
        .target(
            name: "CapsuleServer",
            dependencies: [
                "COpenAPI", "KargoManifests", "Support", "Documents", "ReleaseWorkflows", "Promotion",
                "EvidencePolicies",
                "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleTrust", "CapsuleCore", "OCI", "Signing",
                "Cryptography", "HTTPServer", "HTTPMessages", "Logging",
            ]),
        .target(
            name: "CapsuleCommands",
            dependencies: [
                "KargoManifests", "CapsuleServer", "Support", "Documents", "ReleaseWorkflows", "Promotion",
                "EvidencePolicies", "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleTrust", "CapsuleCore",
                "OCI", "OCIArchive", "OCIRegistry", "Archive", "Processes", "Signing", "Cryptography", "HTTPClient",
                "CommandParser", "Logging",
            ]),
        .executableTarget(name: "capsule", dependencies: ["CapsuleCommands"]),
        .target(
            name: "CapsuleTestSupport",
            dependencies: [
                "Support", "Documents", "OCI", "Archive", "Processes", "Cryptography", "HTTPServer",
            ]),
        .target(
            name: "KargoTestSupport",
            dependencies: [
                "Archive", "Support", "Documents", "KargoExpressions", "OCI", "Processes", "CapsuleTestSupport",
                "HTTPClient",
                "HTTPMessages",
            ]),
        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography", "CapsuleTestSupport"]),
        .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient", "HTTPMessages"]),
        .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer", "HTTPMessages", "COpenSSL"]),
        .testTarget(name: "CommandParserTests", dependencies: ["CommandParser"]),
        .testTarget(
            name: "SigningTests",
            dependencies: [
                "Support", "Signing", "Cryptography", "OCI", "Processes", "CapsuleTestSupport",
            ]),
        .testTarget(name: "OCITests", dependencies: ["Support", "OCI", "Processes", "CapsuleTestSupport"]),
        .testTarget(
            name: "ArchiveTests", dependencies: ["Support", "Archive", "OCI", "Processes", "CapsuleTestSupport"]),
        .testTarget(name: "ProcessesTests", dependencies: ["Processes"]),
        .testTarget(
            name: "OCIArchiveTests",
            dependencies: [
                "Support", "OCIArchive", "OCI", "Archive", "Processes", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "OCIRegistryTests",
            dependencies: [
                "Support", "OCIRegistry", "OCI", "Processes", "Logging", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "CapsuleCoreTests",
            dependencies: [
                "Support", "Documents", "CapsuleCore", "OCI", "Archive", "Processes", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "CapsuleTrustTests",
            dependencies: [
                "Cryptography", "Support", "Documents", "CapsuleTrust", "CapsuleCore", "OCI", "Archive", "Signing",
                "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "CapsuleDeliveryTests",
            dependencies: [
                "Support", "Documents", "ReleaseWorkflows", "Promotion", "EvidencePolicies", "DeliveryConfiguration",
                "GitOps", "Rendering", "CapsuleTrust", "CapsuleCore", "OCI", "Archive", "Processes", "Signing",
                "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "KargoManifestsTests",
            dependencies: [
                "KargoManifests", "Support", "Documents", "DeliveryConfiguration", "Rendering", "CapsuleCore", "OCI",
                "Processes", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "KargoTests",
            dependencies: [
                "KargoManifests", "KargoExpressions", "KargoTestSupport", "Support", "Documents",
                "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleCore", "OCI", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "CapsuleServerTests",
            dependencies: [
                "CapsuleServer", "Support", "Documents", "DeliveryConfiguration", "GitOps", "Rendering",
                "CapsuleTrust", "CapsuleCore", "OCI", "Processes", "HTTPServer", "Logging", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "HTTPServer", "CapsuleCommands", "CapsuleServer", "Support", "Documents", "ReleaseWorkflows",
                "Promotion",
                "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleTrust", "CapsuleCore", "OCI", "OCIRegistry",
                "Archive", "Processes", "Signing", "CapsuleTestSupport", "KargoTestSupport", "CommandParser",
                "Logging", "capsule",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// Readers of what strangers send, with what must hold for them. The tests replay their corpora. Three targets of the Makefile set
// CAPSULE_CHECK and compile something else: `fuzz` makes a program for libFuzzer, which needs `--sanitize=fuzzer` everywhere;
// `memcheck` one to run under Valgrind; `sanitize` leaves out tests that AddressSanitizer has nothing to say about.
let fuzzed: [Target.Dependency] = [
    "HTTPServer", "HTTPClient", "HTTPMessages", "Cryptography", "Signing", "CommandParser", "Archive", "Documents",
]
switch Context.environment["CAPSULE_CHECK"] {
case "fuzz":
    package.targets.append(
        .executableTarget(name: "fuzz", dependencies: fuzzed, path: "Fuzz", exclude: ["Corpora", "Memcheck", "Replay"]))
case "memcheck":
    package.targets.append(
        .executableTarget(
            name: "memcheck", dependencies: fuzzed + ["Processes"], path: "Fuzz",
            exclude: ["Corpora", "Driver", "Replay"]))
case let check:
    package.targets.append(
        .testTarget(name: "FuzzTests", dependencies: fuzzed, path: "Fuzz", exclude: ["Corpora", "Driver", "Memcheck"]))
    // Modules that call C, and those that read what strangers send.
    let sanitized: Set = [
        "ArchiveTests", "CommandParserTests", "CryptographyTests", "FuzzTests", "HTTPClientTests", "HTTPServerTests",
        "ProcessesTests", "SigningTests",
    ]
    if check == "sanitize" {
        package.targets.removeAll { $0.type == .test && !sanitized.contains($0.name) }
    }
}

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
for target in package.targets where target.type == .test && target.path == nil {
    let files = FileManager.default.enumerator(atPath: "\(Context.packageDirectory)/Tests/\(target.name)")
    target.exclude = (files?.allObjects as? [String] ?? [])
        .filter { $0.hasSuffix("Golden") || $0.hasSuffix("Cases") }.sorted()
}
