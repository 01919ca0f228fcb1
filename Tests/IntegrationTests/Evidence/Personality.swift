import CapsuleTestSupport
import OCI
import Testing

/// A kind of registry, as data, and what it can hold.
struct Personality: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var options = FakeRegistryOptions()
    /// True when the first signature is stored in both forms.
    var holdsBothForms = true
    /// True when a second key can sign, too.
    var holdsSecondSignature = true
    /// True when the second signature is stored in both forms.
    var holdsSecondInBothForms = true
    /// True when an attestation can be added after the signatures.
    var holdsAttestation = true
    /// What a message must say where something cannot be held.
    var says: [String] = []

    init(_ description: String, _ change: (inout Personality) -> Void = { _ in }) {
        testDescription = description
        change(&self)
    }

    private static func refusal(_ status: Int, _ code: String, _ message: String) -> ScriptedResponse {
        ScriptedResponse(
            status, headers: [("Content-Type", "application/json")],
            text: #"{"errors":[{"code":"\#(code)","message":"\#(message)"}]}"#)
    }

    static let all: [Personality] = [
        Personality("with the referrers API, as zot, Harbor and Quay"),
        Personality("without the referrers API, as distribution, Docker Hub and GHCR") {
            $0.options.hasReferrers = false
        },
        Personality("without the OCI types in Accept it answers 404, as distribution 2.8") {
            $0.options.hasReferrers = false
            $0.options.requiresAccept = true
        },
        Personality("a list of allowed types, and no place for referrers, as GitLab") {
            $0.options.hasReferrers = false
            $0.options.acceptedTypes = [
                MediaType.imageConfig, MediaType.emptyJSON, "application/vnd.dev.sigstore.bundle.v0.3+json",
            ]
            $0.options.requiresSubjects = true
            $0.options.resolvesDigestTags = true
            ($0.holdsBothForms, $0.holdsSecondInBothForms) = (false, false)
            $0.says = ["cannot list what refers to"]
        },
        Personality("a list of allowed types without bundles, as an older GitLab") {
            $0.options.hasReferrers = false
            $0.options.acceptedTypes = [MediaType.imageConfig]
            $0.options.requiresSubjects = true
            $0.options.resolvesDigestTags = true
            ($0.holdsBothForms, $0.holdsSecondInBothForms) = (false, false)
            $0.says = ["unknown media type", "REGISTRY_FF_DYNAMIC_MEDIA_TYPES"]
        },
        Personality("a list of allowed types, a schema of configs and the referrers API, as Quay by default") {
            $0.options.acceptedTypes = [MediaType.imageConfig]
            $0.options.checksImageConfigs = true
            ($0.holdsBothForms, $0.holdsSecondInBothForms) = (false, false)
            $0.says = ["IGNORE_UNKNOWN_MEDIATYPES"]
        },
        Personality("immutable tags and the referrers API, as ECR") {
            $0.options.immutableTags = refusal(400, "TAG_INVALID", "ImageTagAlreadyExistsException")
            $0.options.refusesSameContent = true
            $0.holdsSecondInBothForms = false
            $0.says = ["does not let it be changed", "ImageTagAlreadyExistsException"]
        },
        Personality("write-once by access control, as zot") {
            $0.options.immutableTags = ScriptedResponse(401, headers: [("WWW-Authenticate", "Basic realm=r")])
            $0.options.refusesSameContent = true
            $0.holdsSecondInBothForms = false
            $0.says = ["does not let it be changed"]
        },
        Personality("immutable tags without the referrers API, as a GitLab rule for every tag") {
            $0.options.hasReferrers = false
            $0.options.immutableTags = refusal(403, "DENIED", "tag is immutable")
            $0.options.refusesSameContent = true
            ($0.holdsSecondSignature, $0.holdsSecondInBothForms) = (false, false)
            $0.says = ["limit the rule for immutable tags to git-*"]
        },
        Personality("an API that lists nothing") { $0.options.listsReferrers = false },
        Personality("405 for referrers, digests among the tags, as Artifactory") {
            $0.options.hasReferrers = false
            $0.options.withoutReferrers = ScriptedResponse(406)
            $0.options.oddTags = ["sha256:" + String(repeating: "a", count: 64), "sha256__abc", "a/b"]
        },
        Personality("links with another path and without brackets, as Nexus") {
            $0.options.hasReferrers = false
            $0.options.oddLinks = true
            $0.options.pageSize = 1
        },
        Personality("a page that answers 200 to everything") {
            $0.options.hasReferrers = false
            $0.options.withoutReferrers = ScriptedResponse(
                200, headers: [("Content-Type", "text/html")], text: "<html></html>")
        },
    ]
}
