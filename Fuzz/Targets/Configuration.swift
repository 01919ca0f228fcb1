import CapsuleCore
import DeliveryConfiguration
import Promotion
import Rendering

@testable import EvidencePolicies

extension FuzzTarget {
    /// The files of a GitOps repository that people write: `capsule.yaml`, `policy.yaml` and `deployment.yaml`.
    static let configuration = FuzzTarget(name: "configuration") { bytes throws(Finding) in
        _ = try? CapsuleConfiguration(yaml: bytes, file: "capsule.yaml")
        _ = try? PolicyDocument(yaml: bytes, file: "policy.yaml")
        _ = try? Deployment(name: "staging", yaml: bytes, file: "deployment.yaml")
    }

    /// The records of releases: what was read is written as it is read again.
    static let records = FuzzTarget(name: "records") { bytes throws(Finding) in
        if let record = try? ReleaseRecord(yaml: bytes) {
            let again = try? ReleaseRecord(yaml: Array(record.yaml().utf8))
            try Finding.unless(again == record, "another record: \(record.yaml())")
        }
        if let release = try? ReleaseManifest.decode(yaml: bytes) {
            let again = try? ReleaseManifest.decode(yaml: Array(release.yaml().utf8))
            try Finding.unless(again == release, "another release: \(release.yaml())")
        }
    }
}
