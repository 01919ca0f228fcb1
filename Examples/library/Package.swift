// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as a user of the libraries would write it. It can use the products of Release Capsule and nothing else.
let package = Package(
    name: "library-example",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "release-capsule", path: "../..")],
    targets: [
        .target(
            name: "LibraryExample",
            dependencies: [
                "CapsuleCore", "CapsuleTrust", "DeliveryConfiguration", "GitOps", "Logging", "OCI", "OCIRegistry",
                "OCITransports", "Processes", "ReleaseWorkflows", "Rendering", "Signing", "Support",
            ].map { .product(name: $0, package: "release-capsule") }),
        .executableTarget(
            name: "example",
            dependencies: ["LibraryExample"]
                + ["OCI", "OCITransports", "Processes", "Signing", "CapsuleTrust", "ReleaseWorkflows"].map {
                    .product(name: $0, package: "release-capsule")
                }),
    ],
    swiftLanguageModes: [.v6]
)
