import CapsuleTrust
import Foundation
import LibraryExample
import OCI
import Processes
import ReleaseWorkflows
import Signing

/// Copies, signs, verifies and plans a release of the quick start: `example DIRECTORY TAG`. The directory has the layouts
/// `release` and `image` and the repository `gitops.git`; `scripts/library-example` makes it.
@main
struct Example {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            print("usage: example DIRECTORY TAG")
            exit(64)
        }
        let directory = arguments[1]
        let tag = try Tag(arguments[2])
        let release = ArtifactReference(.layout(path: "\(directory)/release"), tag: tag)
        let mirror = ArtifactReference(.layout(path: "\(directory)/mirror"), tag: tag)
        let image = ArtifactReference(.layout(path: "\(directory)/image"), tag: tag)
        let repository = try Repository("registry.example.com/shop/release")
        let key = SigningKey()
        let now = Int64(Date().timeIntervalSince1970)
        let environment = ProcessInfo.processInfo.environment
        let runner = SystemCommandRunner()

        try await withPlaces(environment: environment, runner: runner) { opener in
            let digest = try await copyArtifact(from: release, to: mirror, opener: opener)
            print("copied \(digest)")
            _ = try await signCapsule(
                mirror, key: key, for: repository, testedIn: "staging", at: now, opener: opener)
            let verdict = try await verifyCapsule(
                mirror, image: image, signedWith: key.verificationKey, for: repository, opener: opener)
            let plan = try await planPromotion(
                of: mirror, image: image, to: "staging", gitops: "\(directory)/gitops.git", at: now, opener: opener,
                runner: runner, environment: environment)
            guard case .verified = verdict, plan.ok else { exit(1) }
        }
    }
}
