internal import CapsuleCore
internal import Support

/// How likely the package in a directory is the one that a release includes; the lowest rank is the most likely.
struct PackageRank: Comparable {
    /// Directories whose packages are not deployed: examples, tests, documentation.
    private static let examples: Set<String> = [
        "example", "examples", "sample", "samples", "demo", "demos", "test", "tests", "testdata", "e2e", "fixtures",
        "doc", "docs", "hack", "contrib", "benchmark", "benchmarks", "playground", "third_party",
    ]
    /// Directories of packages that belong to one environment.
    private static let environments: Set<String> = [
        "overlay", "overlays", "environment", "environments", "env", "envs", "envTypes", "cluster", "clusters",
        "stages", "variants", "dev", "develop", "development", "local", "minikube", "kind", "sandbox", "qa", "uat",
        "integration", "stage", "stg", "staging", "canary", "preview", "preprod", "pre-prod", "prod", "prd",
        "production", "live",
    ]

    /// Whether it is an example, whether it runs nothing, and whether it belongs to one environment. Packages that do
    /// not differ in these can be mistaken for each other.
    let tier: [Int]
    private let order: [Int]
    private let path: String

    /// - Parameters:
    ///   - runs: true when a container of the package runs an image.
    ///   - order: what decides within a tier, the most important first; lower is more likely.
    init(_ directory: TreeDirectory, runs: Bool, order: [Int]) {
        tier = [Self.isExample(directory) ? 1 : 0, runs ? 0 : 1, Self.isEnvironment(directory) ? 1 : 0]
        self.order = order + [directory.path?.segments.count ?? 0]
        path = directory.inTree
    }

    static func isExample(_ directory: TreeDirectory) -> Bool { has(directory, examples) }

    static func isEnvironment(_ directory: TreeDirectory) -> Bool { has(directory, environments) }

    private static func has(_ directory: TreeDirectory, _ names: Set<String>) -> Bool {
        directory.path?.segments.contains { names.contains(String($0)) } ?? false
    }

    static func < (left: PackageRank, right: PackageRank) -> Bool {
        let (first, second) = (left.tier + left.order, right.tier + right.order)
        guard first == second else { return first.lexicographicallyPrecedes(second) }
        return left.path.precedesByBytes(right.path)
    }
}
