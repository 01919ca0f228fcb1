internal import CapsuleCore
internal import OCI
internal import Signing

extension Examination {
    /// Enough of the keys that count have signed this capsule for its repository.
    func signature(_ requirement: SignatureRequirement) -> CheckResult {
        let id = CheckID.signature
        guard let digest = capsule.descriptor.value?.digest, let found = capsule.signatures.value else {
            return id.skip("the capsule was not found")
        }
        guard !found.isEmpty else {
            return id.fail(
                "\(capsule.place) holds no signature of this capsule",
                remedy: "sign it with `capsule sign`, or copy it here with what is attached to it")
        }
        var signers: [VerificationKey: [String]] = [:]
        var refusals = found.refusals
        for candidate in found.candidates {
            do {
                signers[try candidate.signer(of: digest, by: requirement), default: []].append(candidate.form.rawValue)
            } catch {
                refusals.append(error)
            }
        }
        var evidence = ["repository": requirement.repository.description]
        for (key, forms) in signers { evidence[key.description] = Set(forms).sorted().joined(separator: ", ") }
        guard signers.count >= requirement.threshold else {
            for (index, refusal) in refusals.dropFirst().prefix(8).enumerated() {
                evidence["also \(index + 1)"] = refusal.reason
            }
            let count =
                requirement.threshold == 1
                ? "no signature holds" : "\(signers.count) of \(requirement.threshold) signatures hold"
            return id.fail(
                refusals.first.map { "\(count): \($0.reason)" } ?? count,
                remedy: "find out who signed it; do not use it until a key that counts has", evidence)
        }
        return id.pass(evidence)
    }
}
