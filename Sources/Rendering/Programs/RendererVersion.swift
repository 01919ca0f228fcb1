/// The version of a renderer, compared number by number.
struct RendererVersion: Hashable, Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int
    let patch: Int
    /// `v5.5.0`, with a suffix such as `-rc.1` where there is one.
    let description: String

    /// The oldest supported Kustomize: 5.0 (February 2023, in kubectl since 1.27) settled how Components, `labels` and
    /// image digests are applied; older versions order their output differently.
    static let minimumKustomize = RendererVersion(5, 0, 0)
    /// The oldest supported Helm: 3.12 (May 2023) is the first version whose `template` has all options in use.
    static let minimumHelm = RendererVersion(3, 12, 0)

    init(_ major: Int, _ minor: Int, _ patch: Int) {
        (self.major, self.minor, self.patch) = (major, minor, patch)
        description = "v\(major).\(minor).\(patch)"
    }

    /// Finds the first `v1.2.3` in the output of a program: kustomize 5 prints `v5.5.0`, kustomize 4 a structure with
    /// `kustomize/v4.5.7` in it.
    init?(in text: String) {
        let isPart = { (character: Character) in
            character.isASCII && (character.isLetter || character.isNumber || ".-+".contains(character))
        }
        for word in text.split(whereSeparator: { !isPart($0) }) {
            guard word.hasPrefix("v"), word.utf8.count <= 64 else { continue }
            let numbers = word.dropFirst().prefix { $0.isNumber || $0 == "." }.split(separator: ".").map { Int($0) }
            guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
                continue
            }
            (self.major, self.minor, self.patch, description) = (major, minor, patch, String(word))
            return
        }
        return nil
    }

    static func < (left: RendererVersion, right: RendererVersion) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}
