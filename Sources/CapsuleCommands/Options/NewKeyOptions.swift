internal import Archive
internal import CommandParser
internal import FoundationEssentials
internal import OCI
internal import Signing
internal import Support

/// The files of a new key pair.
struct NewKeyOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The name of the pair, without suffix: NAME.key and NAME.pub.", valueName: "name"))
    var to = "capsule"

    func validate() throws {
        let name = to.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard !["", ".", ".."].contains(name) else {
            throw ValidationError(
                "--to \(quoted(to)) does not name a key pair; write a name such as release, or keys/release")
        }
    }

    var privateKey: String { "\(to).key" }
    var publicKey: String { "\(to).pub" }

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var privateKey: String
        var publicKey: String
        var fingerprint: Digest
    }

    /// Throws when one of the two files exists. Called before the password prompt.
    func check() throws {
        for path in [privateKey, publicKey] where FileManager.default.fileExists(atPath: path) {
            throw FileError(.io, "\(path) exists and is left as it is; remove it or name another pair with --to")
        }
    }

    /// Writes the pair and prints the names of the files.
    func write(_ key: SigningKey, password: [UInt8], _ session: Session) throws {
        try NewFile.write(Array(key.encryptedPEM(password: password).utf8), to: privateKey, mode: 0o600)
        try NewFile.write(Array(key.verificationKey.pem.utf8), to: publicKey)
        session.console.result(
            Result(privateKey: privateKey, publicKey: publicKey, fingerprint: key.verificationKey.fingerprint),
            text: "\(privateKey)\n\(publicKey)")
    }
}
