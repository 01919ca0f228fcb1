// swift-tools-version: 6.2
import Foundation
import PackageDescription

// A module is listed after the modules that it imports. `scripts/graph` draws them in `docs/architecture.md`.
let package = Package(
    name: "release-capsule",
    platforms: [.macOS(.v15)],
    // A library product is one module. A module whose types the public signatures of a product name is a product, too
    // (`scripts/graph` checks it).
    products: [
        .executable(name: "capsule", targets: ["capsule"]),
        .library(name: "Support", targets: ["Support"]),
        .library(name: "Documents", targets: ["Documents"]),
        .library(name: "Logging", targets: ["Logging"]),
        .library(name: "Processes", targets: ["Processes"]),
        .library(name: "OCI", targets: ["OCI"]),
        .library(name: "OCIRegistry", targets: ["OCIRegistry"]),
        .library(name: "OCITransports", targets: ["OCITransports"]),
        .library(name: "Signing", targets: ["Signing"]),
        .library(name: "CapsuleCore", targets: ["CapsuleCore"]),
        .library(name: "CapsuleTrust", targets: ["CapsuleTrust"]),
        .library(name: "GitOps", targets: ["GitOps"]),
        .library(name: "Rendering", targets: ["Rendering"]),
        .library(name: "DeliveryConfiguration", targets: ["DeliveryConfiguration"]),
        .library(name: "EvidencePolicies", targets: ["EvidencePolicies"]),
        .library(name: "Promotion", targets: ["Promotion"]),
        .library(name: "ReleaseWorkflows", targets: ["ReleaseWorkflows"]),
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
        .target(name: "CCurl"),
        .target(name: "CSpawn"),
        .target(name: "COpenSSLStart", dependencies: ["COpenSSL"]),
        .target(name: "COpenAPI", exclude: ["openapi.json"]),
        .target(name: "Support", dependencies: ["CLinux"], swiftSettings: [.strictMemorySafety()]),
        .target(name: "Documents", dependencies: ["Support", "CLibYAML"]),
        .target(name: "Logging"),
        .target(
            name: "Cryptography", dependencies: ["Support", "COpenSSL", "COpenSSLStart"],
            swiftSettings: [.strictMemorySafety()]),
        .target(name: "HTTPMessages"),
        .target(
            name: "HTTPClient", dependencies: ["Support", "HTTPMessages", "Cryptography", "CCurl"],
            swiftSettings: [.strictMemorySafety()]),
        .target(
            name: "HTTPServer", dependencies: ["Support", "HTTPMessages", "COpenSSL", "COpenSSLStart", "CLinux"],
            swiftSettings: [.strictMemorySafety()]),
        .target(name: "CommandParser", dependencies: ["Support"], swiftSettings: [.strictMemorySafety()]),
        .target(name: "OCI", dependencies: ["Support", "Documents", "Cryptography"]),
        .target(name: "Signing", dependencies: ["Support", "Documents", "OCI", "Cryptography", "CSodium"]),
        .target(name: "Archive", dependencies: ["Support", "Cryptography", "CZlib"]),
        .target(name: "Processes", dependencies: ["Support", "CSpawn"], swiftSettings: [.strictMemorySafety()]),
        .target(name: "OCIArchive", dependencies: ["Support", "OCI", "Archive"]),
        .target(
            name: "OCIRegistry",
            dependencies: [
                "Support", "Documents", "OCI", "Processes", "HTTPClient", "HTTPMessages", "Logging",
            ]),
        .target(name: "OCITransports", dependencies: ["OCI", "OCIArchive", "OCIRegistry"]),
        .target(name: "CapsuleCore", dependencies: ["Support", "Documents", "OCI", "Archive", "Cryptography"]),
        .target(
            name: "CapsuleTrust",
            dependencies: ["Support", "Documents", "CapsuleCore", "OCI", "Archive", "Signing", "Cryptography"]),
        .target(name: "GitOps", dependencies: ["Support", "CapsuleCore", "OCI", "Processes", "Cryptography"]),
        .target(
            name: "Rendering",
            dependencies: [
                "Support", "Documents", "CapsuleTrust", "CapsuleCore", "OCI", "Processes", "Cryptography",
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
                "OCI", "Signing",
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
                "KargoExpressions", "Support", "Documents", "Promotion", "DeliveryConfiguration", "GitOps", "Rendering",
                "CapsuleCore", "OCI",
            ]),
        .target(
            name: "CapsuleReports",
            dependencies: [
                "KargoManifests", "Support", "ReleaseWorkflows", "Promotion", "EvidencePolicies",
                "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleTrust", "CapsuleCore", "OCI", "Signing",
            ]),
        .target(
            name: "CapsuleServer",
            dependencies: [
                "COpenAPI", "KargoManifests", "Support", "Documents", "ReleaseWorkflows", "Promotion",
                "EvidencePolicies",
                "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleTrust", "CapsuleCore", "OCI", "Signing",
                "Cryptography", "HTTPServer", "HTTPMessages", "Logging", "Processes",
            ]),
        .target(
            name: "CapsuleCommands",
            dependencies: [
                "KargoManifests", "CapsuleReports", "CapsuleServer", "Support", "Documents", "ReleaseWorkflows",
                "Promotion", "EvidencePolicies", "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleTrust",
                "CapsuleCore", "OCI", "OCIRegistry", "OCITransports", "Archive", "Processes", "Signing", "Cryptography",
                "HTTPClient",
                "CommandParser", "Logging",
            ]),
        .executableTarget(name: "capsule", dependencies: ["CapsuleCommands"]),
        .target(
            name: "CapsuleTestSupport",
            dependencies: [
                "Support", "Documents", "OCI", "Archive", "Processes", "Cryptography", "HTTPServer",
            ]),
        .target(
            name: "ReleaseTestSupport",
            dependencies: [
                "OCI", "Archive", "CapsuleCore", "CapsuleTrust", "CapsuleTestSupport",
            ]),
        .target(
            name: "PromotionTestSupport",
            dependencies: [
                "Support", "OCI", "Processes", "CapsuleCore", "GitOps", "Rendering", "DeliveryConfiguration",
                "Promotion", "CapsuleTestSupport",
            ]),
        .target(
            name: "KargoTestSupport",
            dependencies: [
                "Archive", "Support", "Documents", "KargoExpressions", "OCI", "Processes", "CapsuleTestSupport",
                "HTTPClient",
                "HTTPMessages",
            ]),
        // The code of Examples/library, for a test. Like a package of its own, it can use public symbols only.
        .target(
            name: "LibraryExample",
            dependencies: [
                "CapsuleCore", "CapsuleTrust", "DeliveryConfiguration", "GitOps", "Logging", "OCI", "OCIRegistry",
                "OCITransports", "Processes", "ReleaseWorkflows", "Rendering", "Signing", "Support",
            ],
            path: "Examples/library/Sources/LibraryExample", packageAccess: false),
        .testTarget(name: "RepositoryTests"),
        .testTarget(name: "SupportTests", dependencies: ["Support", "CapsuleTestSupport"]),
        .testTarget(name: "CryptographyTests", dependencies: ["Cryptography", "CapsuleTestSupport"]),
        .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient", "HTTPMessages"]),
        .testTarget(name: "HTTPServerTests", dependencies: ["Support", "HTTPServer", "HTTPMessages", "COpenSSL"]),
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
        .testTarget(name: "DocumentsTests", dependencies: ["Support", "Documents", "CapsuleTestSupport"]),
        .testTarget(
            name: "CapsuleCoreTests",
            dependencies: [
                "Support", "Documents", "OCI", "Archive", "Processes", "CapsuleCore", "CapsuleTestSupport",
                "ReleaseTestSupport",
            ]),
        .testTarget(
            name: "CapsuleTrustTests",
            dependencies: [
                "Support", "Documents", "Cryptography", "OCI", "Signing", "Archive", "CapsuleCore", "CapsuleTrust",
                "CapsuleReports", "CapsuleTestSupport", "ReleaseTestSupport",
            ]),
        .testTarget(
            name: "RenderingTests",
            dependencies: [
                "Support", "Documents", "OCI", "Archive", "Processes", "CapsuleCore", "CapsuleTrust", "GitOps",
                "Rendering",
                "DeliveryConfiguration", "CapsuleReports", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "GitOpsTests",
            dependencies: [
                "Support", "OCI", "Archive", "Processes", "CapsuleCore", "GitOps", "Rendering", "DeliveryConfiguration",
                "Promotion", "CapsuleTestSupport", "PromotionTestSupport",
            ]),
        .testTarget(
            name: "DeliveryConfigurationTests",
            dependencies: [
                "Support", "Documents", "OCI", "Archive", "CapsuleCore", "GitOps", "Rendering", "DeliveryConfiguration",
                "CapsuleTestSupport", "PromotionTestSupport",
            ]),
        .testTarget(
            name: "EvidencePoliciesTests",
            dependencies: [
                "Support", "Documents", "OCI", "Signing", "CapsuleCore", "CapsuleTrust", "GitOps", "Rendering",
                "DeliveryConfiguration", "EvidencePolicies", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "PromotionTests",
            dependencies: [
                "Support", "OCI", "Processes", "CapsuleCore", "GitOps", "DeliveryConfiguration", "Promotion",
                "Rendering", "CapsuleTestSupport", "PromotionTestSupport",
            ]),
        .testTarget(
            name: "ReleaseWorkflowsTests",
            dependencies: [
                "Support", "Documents", "OCI", "OCIRegistry", "Archive", "Processes", "Logging", "CapsuleCore",
                "GitOps", "DeliveryConfiguration", "Promotion", "ReleaseWorkflows", "CapsuleTrust",
                "ReleaseTestSupport", "CapsuleReports", "CapsuleTestSupport", "PromotionTestSupport",
            ]),
        .testTarget(
            name: "CapsuleReportsTests",
            dependencies: [
                "CapsuleReports", "KargoManifests", "Support", "ReleaseWorkflows", "Promotion", "EvidencePolicies",
                "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleTrust", "CapsuleCore", "OCI", "Processes",
                "Archive",
                "CapsuleTestSupport", "ReleaseTestSupport",
            ]),
        .testTarget(
            name: "KargoManifestsTests",
            dependencies: [
                "CapsuleReports", "KargoManifests", "Support", "Documents", "DeliveryConfiguration", "Rendering",
                "CapsuleCore", "OCI",
                "Processes", "CapsuleTestSupport", "KargoExpressions",
            ]),
        .testTarget(
            name: "KargoTests",
            dependencies: [
                "CapsuleReports", "KargoManifests", "KargoExpressions", "KargoTestSupport", "Support", "Documents",
                "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleCore", "OCI", "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "CapsuleServerTests",
            dependencies: [
                "CapsuleServer", "Support", "Documents", "DeliveryConfiguration", "GitOps", "Rendering",
                "CapsuleTrust", "CapsuleCore", "OCI", "Processes", "Signing", "HTTPServer", "Logging",
                "CapsuleTestSupport",
            ]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "CapsuleReports", "OCITransports", "HTTPServer", "CapsuleCommands", "CapsuleServer", "Support",
                "Documents", "ReleaseWorkflows",
                "Promotion",
                "DeliveryConfiguration", "GitOps", "Rendering", "CapsuleTrust", "CapsuleCore", "OCI", "OCIRegistry",
                "Archive", "Processes", "Signing", "CapsuleTestSupport", "ReleaseTestSupport", "KargoTestSupport",
                "CommandParser", "Logging", "LibraryExample", "capsule",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// Readers of what strangers send, with what must hold for them. The tests replay their corpora. Three targets of the Makefile set
// CAPSULE_CHECK and compile something else: `fuzz` makes a program for libFuzzer, which needs `--sanitize=fuzzer` everywhere;
// `memcheck` one to run under Valgrind; `sanitize` leaves out tests that AddressSanitizer has nothing to say about.
let fuzzed: [Target.Dependency] = [
    "HTTPServer", "HTTPClient", "HTTPMessages", "Cryptography", "Signing", "CommandParser", "Archive", "Documents",
    "Support", "OCI", "OCIRegistry", "KargoExpressions", "CapsuleCore", "CapsuleTrust", "Rendering",
    "DeliveryConfiguration",
    "EvidencePolicies", "Promotion",
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
        .testTarget(
            name: "FuzzTests", dependencies: fuzzed + ["GitOps", "CapsuleTestSupport"], path: "Fuzz",
            exclude: ["Corpora", "Driver", "Memcheck"]))
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
