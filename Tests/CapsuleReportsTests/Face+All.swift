import CapsuleCore
import CapsuleReports
import CapsuleTrust
import EvidencePolicies
import Foundation
import KargoManifests
import OCI
import Rendering

@testable import ReleaseWorkflows

extension Face {
    private static let digest = #""sha256:\#(String(repeating: "a", count: 64))""#
    private static let other = #""sha256:\#(String(repeating: "b", count: 64))""#
    private static let commit = #""\#(String(repeating: "1", count: 40))""#
    private static let tag = #""git-\#(String(repeating: "1", count: 40))""#
    private static let schema = #""schemaVersion": "release-capsule/v1alpha1""#
    private static let finding =
        #"{"severity": "error", "rule": "r", "file": "f", "line": 1, "message": "m", "remedy": "do"}"#
    private static let gate = #"{"gate": "after", "subject": "s", "ok": false, "reason": "r", "remedy": "do"}"#
    private static let checks = """
        [{"id": "c", "status": "fail", "evidence": {"seen": "x"}, "reason": "r", "remedy": "do"},
         {"id": "d", "status": "pass", "evidence": {"seen": "x"}}]
        """
    private static let manifest = """
        {\(schema), "gitCommit": \(commit), "source": {"repository": "r", "path": "p"},
         "image": {"repoURL": "registry.example.com/web", "tag": \(tag), "digest": \(digest)},
         "package": {"kind": "kustomize", "path": "package", "entry": "base", "imageName": "web", "digest": \(digest)}}
        """
    private static let release = """
        {"gitCommit": \(commit), "image": {"repoURL": "registry.example.com/web", "tag": \(tag), "digest": \(digest)},
         "capsule": {"repoURL": "oci:capsules", "tag": \(tag), "digest": \(digest), "packageKind": "kustomize",
           "packagePath": "package", "packageDigest": \(digest)}}
        """
    private static let gitops = #"{"repository": "https://git.example.com/gitops", "commit": \#(commit)}"#
    private static let render = """
        {"deployment": "d", "envType": "e", "namespace": "n", "gitops": \(gitops),
         "renderer": {"name": "kustomize", "version": "5"}, "digest": \(digest)}
        """
    private static let manifests = """
        {"objects": [
          {"change": "changed", "kind": "ConfigMap", "namespace": "n", "name": "m", "file": "a.yaml",
           "fields": [{"path": "data.k", "old": "1", "new": "2", "isSecret": false},
             {"path": "data.s", "old": "1", "new": "2", "isSecret": true}, {"path": "p", "new": "2", "isSecret": false}]},
          {"change": "added", "kind": "ConfigMap", "name": "o", "file": "b.yaml", "fields": []}]}
        """
    private static let capsules = """
        {\(schema), "from": {"release": \(tag), "digest": \(digest), "created": "c"},
         "to": {"release": \(tag), "digest": \(other)},
         "fields": [{"field": "f", "old": "1", "new": "2"}], "images": [{"field": "f", "new": "2"}],
         "files": [{"path": "p", "change": "changed", "old": \(digest), "new": \(other), "diff": "d"},
           {"path": "q", "change": "added", "new": \(other)}],
         "metadata": [{"path": "p", "change": "removed", "old": \(digest)}]}
        """
    private static let evidence = """
        [{"kind": "k", "form": "f", "manifest": \(digest), "key": \(digest), "repository": "r", "subject": "s",
          "predicateType": "p", "stage": "s", "detail": "d", "problem": "p"}]
        """
    private static let inspected = """
        {\(schema), "capsule": "c", "digest": \(digest), "layerSize": 1, "created": "c", "release": \(manifest),
         "files": [{"path": "package/f", "size": 1, "digest": \(digest)}], "sbom": "s", "builder": "b"}
        """

    /// The parts of an inspection that are not decoded from one document.
    private struct Inspected: Decodable, Sendable {
        var capsule: CapsuleInspection
        var evidence: [EvidenceItem]
        var unreadable: [String]
        var missing: [String]
        var attached: [Descriptor]
    }

    static let all: [Face] = [
        Face(
            "inspect", Inspected.self,
            """
            {"capsule": \(inspected), "evidence": \(evidence), "unreadable": ["u"], "missing": ["m"],
             "attached": [{"mediaType": "m", "digest": \(other), "size": 1},
               {"mediaType": "m", "digest": \(other), "size": 1, "artifactType": "a"}]}
            """
        ) {
            ReleaseInspection(
                capsule: $0.capsule, evidence: $0.evidence, unreadableEvidence: $0.unreadable,
                missingEvidence: $0.missing, attached: $0.attached
            ).text()
        },
        Face(
            "list", CapsuleListing.self,
            """
            {\(schema), "place": "p", "releases": [{"release": \(tag), "digest": \(digest), "created": "c", "image": "i",
               "imageDigest": "d", "packageKind": "k"}],
             "rejected": [{"tag": "t", "digest": \(digest), "findings": [\(finding)]}]}
            """
        ) { $0.text() },
        Face("diff", ReleaseComparison.Report.self, comparison) { $0.text() },
        Face("diff in colour", ReleaseComparison.Report.self, comparison) { Self.plain($0.text(color: true)) },
        Face("diff in Markdown", ReleaseComparison.Report.self, comparison, markdown: true) { $0.markdown() },
        Face(
            "verify", VerificationReport.self,
            """
            {\(schema), "ok": false, "capsule": {"reference": "r", "tag": \(tag), "digest": \(digest)},
             "image": {"reference": "r"}, "release": \(manifest), "checks": \(checks)}
            """
        ) { $0.text() },
        Face(
            "status", LadderStatus.self,
            """
            {\(schema), "gitops": \(gitops), "stages": [
              {"state": {"stage": "s", "branch": "b", "since": "t", "record": {\(schema), "release": \(release)}},
               "review": {"release": \(tag), "branch": "b"},
               "next": {"release": \(tag), "ok": false, "gates": [\(gate)]}},
              {"state": {"stage": "s", "branch": "b", "problem": "p"}}]}
            """
        ) { $0.text() },
        Face("status --registry", RegistryLadder.self, registry) { $0.text() },
        Face("audit", StageAudit.Report.self, audit) { $0.text() },
        Face("audit in Markdown", StageAudit.Report.self, audit, markdown: true) { $0.markdown() },
        Face("promote", ReleasePromotion.Report.self, promotion("promoted", "commit")) { $0.text() },
        Face("promote, rejected", ReleasePromotion.Report.self, promotion("rejected", "commit")) { $0.text() },
        Face("promote, to review", ReleasePromotion.Report.self, promotion("review", "commit")) { $0.text() },
        Face(
            "policy check", PolicyCheck.self,
            """
            {\(schema), "ok": false, "policy": "p",
             "release": {"reference": "r", "digest": \(digest), "ok": false, "failures": \(checks)},
             "stages": [{"stage": "s", "ok": false, "problem": "p", "checks": \(checks)}]}
            """
        ) { $0.text() },
        Face("policy check, no policy", PolicyCheck.self, #"{\#(schema), "ok": false, "problem": "p", "stages": []}"#) {
            $0.text()
        },
        Face(
            "policy explain", PolicyExplanation.self,
            """
            {\(schema), "policy": "p", "ok": false,
             "keys": [{"name": "n", "fingerprint": \(digest), "file": "f", "from": "a", "until": "b", "counts": false,
               "reason": "r"}],
             "stages": [{"stage": "s", "signatures": {"keys": ["k", "l"], "threshold": 1}, "maximumAge": "a",
               "problem": "p", "attestations": [{"id": "attestation.provenance", "keys": ["k"], "threshold": 1,
                 "builder": "b", "source": "s", "workflow": "w", "ref": "r"},
                 {"id": "attestation.promoted.x", "keys": ["k"], "threshold": 1, "stage": "s"}]}],
             "revoked": {"releases": [\(digest)], "keys": [\(digest)]}}
            """
        ) { $0.text() },
        Face(
            "kargo lint", KargoLintReport.self,
            """
            {\(schema), "ok": false, "kargo": "1.11", "files": 1, "objects": 1, "findings": [
              {"severity": "error", "rule": "r", "file": "f", "line": 1, "object": "o", "step": "s", "message": "m",
               "remedy": "do"}]}
            """
        ) { $0.text() },
        Face(
            "doctor", Doctor.Report.self,
            """
            {\(schema), "ok": false, "checks": [{"id": "i", "status": "fail", "detail": "d", "remedy": "do"},
              {"id": "i", "status": "warn", "detail": "d"}]}
            """
        ) { $0.text() },
    ]

    private static let comparison = """
        {\(schema), "from": "f", "to": "t", "capsule": \(capsules), "note": "n",
         "rendered": {"deployment": "d", "diff": \(manifests)}}
        """
    private static let registry = """
        {\(schema), "repository": "r", "releases": 1, "isPartial": false, "stages": [
          {"stage": "s", "held": \(attested), "review": \(attested)}, {"stage": "t"}]}
        """
    private static let attested = """
        {"release": \(tag), "capsule": \(digest), "since": "s", "branch": "b", "commit": \(commit), "policy": \(gitops),
         "rendered": \(digest), "key": \(digest)}
        """
    private static let audit = """
        {\(schema), "ok": false, "stages": [
          {"stage": "s", "finding": "differs", "release": \(tag), "commit": \(commit), "reason": "r",
           "checks": \(checks), "diff": \(manifests)}]}
        """

    private static func promotion(_ outcome: String, _ change: String) -> String {
        """
        {\(schema), "ok": false, "dryRun": false, "gitops": \(gitops),
         "freight": {"image": {"repoURL": "registry.example.com/web", "tag": \(tag), "digest": \(digest)},
           "capsule": {"repoURL": "oci:capsules", "tag": \(tag), "digest": \(digest)}},
         "stages": [{"stage": "s", "ok": false, "change": "\(change)", "gates": [\(gate)], "findings": [\(finding)],
           "diff": \(manifests), "statement": {"outcome": "missing", "reason": "r"},
           "receipt": {\(schema), "stage": "s", "branch": "b", "outcome": "\(outcome)", "commit": \(commit),
             "release": \(release), "render": \(render), "message": "m", "gates": [\(gate)],
             "review": {"head": "h", "base": "b", "url": "u"}, "reason": "r", "attempts": 1}}]}
        """
    }

    /// A text without the colours that the report gives it.
    private static func plain(_ text: String) -> String {
        text.replacingOccurrences(of: "\u{1b}\\[(0|1;3[1-3]|3[12])m", with: "", options: .regularExpression)
    }
}
