import Archive
import CapsuleTestSupport
import DeliveryConfiguration
import FoundationEssentials
import Testing

/// The scripts in the shells that they are for.
@Suite("capsule completion", .timeLimit(.minutes(2)))
struct ShellCompletionTests {
    /// What is typed, and the words that a shell offers in its place, in the order of their names.
    private static let lines: [(typed: String, offered: [String])] = [
        ("capsule s", ["serve", "sign", "status"]),
        ("capsule keys ", ["generate", "help", "import", "public"]),
        ("capsule help pol", ["policy"]),
        ("capsule completion ", ["bash", "fish", "zsh"]),
        ("capsule verify --outp", ["--output"]),
        ("capsule verify --output ", ["json", "markdown", "text"]),
        ("capsule verify --output=", ["json", "markdown", "text"]),
        ("capsule verify --output=j", ["json"]),
        ("capsule verify registry:5000/x --pl", ["--plain-http"]),
        ("capsule verify --output = j", []),
        // Files with an extension, with any, directories.
        ("capsule verify --config ", ["a.yaml", "b.yml", "some directory", "with space.yaml"]),
        ("capsule verify --config=w", ["with space.yaml"]),
        ("capsule verify --config some\\ directory/", ["some directory/d.yaml"]),
        ("capsule verify --ca-file c", ["c.txt"]),
        ("capsule verify --cache-dir ", ["some directory"]),
        ("capsule verify --cache-dir=s", ["some directory"]),
        ("capsule kargo lint a.yaml -- w", ["with space.yaml"]),
    ]

    @Test(
        "completes in Bash", .needs("bash", "python3"))
    func bash() async throws {
        try await complete(
            in: "bash", arguments: ["--noprofile", "--rcfile", ".bashrc", "-i"],
            files: [
                ".bashrc": #"""
                eval "$(capsule completion bash)"
                bind '"\C-xa": insert-completions'
                show() { printf '%s\n' "$READLINE_LINE" >>"$ANSWERS"; }
                bind -x '"\C-xd": show'
                echo ready >>"$ANSWERS"
                """#
            ])
    }

    @Test(
        "completes in the Z shell, evaluated and from a directory of functions",
        .needs("zsh", "python3"),
        arguments: [false, true])
    func zsh(isFile: Bool) async throws {
        let script = try await CapsuleProgram.run(["completion", "zsh"]).output
        try await complete(
            in: "zsh", arguments: ["-i"],
            files: [
                "functions/_capsule": script,
                ".zshrc": #"""
                \#(isFile ? "fpath=($ZDOTDIR/functions $fpath)" : "")
                autoload -Uz compinit && compinit -u -D
                \#(isFile ? "" : #"eval "$(capsule completion zsh)""#)
                zstyle ':completion:all-matches::::' completer _all_matches _complete
                zstyle ':completion:all-matches:*' insert true
                zle -C all-matches complete-word _generic
                bindkey '^Xa' all-matches
                show() { print -r -- "$BUFFER" >>"$ANSWERS"; }
                zle -N show
                bindkey '^Xd' show
                echo ready >>"$ANSWERS"
                """#,
            ])
    }

    @Test("completes in Fish, with what each candidate is for", .needs("fish"))
    func fish() async throws {
        try await withPlace { directory, environment in
            let script = """
                capsule completion fish | source
                for line in $argv; complete -C $line; echo; end
                """
            let output = try await Tool.output(
                ["fish", "--no-config", "-c", script] + Self.lines.map(\.typed) + ["capsule doc"],
                in: "\(directory)/here", environment: environment)
            let answers = "\(output)\n".split(separator: "\n\n").map { $0.split(separator: "\n").map(String.init) }
            #expect(output.hasSuffix("doctor\tCheck tools, logins and configuration, and name what is missing"))
            // An empty answer is an empty line more; what is compared are the answers that are none.
            let expected = Self.lines.filter { !$0.offered.isEmpty }
            #expect(answers.count == expected.count + 1)
            for (line, answer) in zip(expected, answers) {
                let words = answer.map { answer in
                    let word = String(answer.prefix { $0 != "\t" })
                    let value =
                        word.hasPrefix("--") && word.contains("=") ? String(word.drop { $0 != "=" }.dropFirst()) : word
                    return value.hasSuffix("/") ? String(value.dropLast()) : value
                }
                #expect(words.sorted() == line.offered, "\(line.typed)")
            }
        }
    }

    /// Types the lines into an interactive shell, has it insert everything that it offers, and looks at the lines then.
    private func complete(in shell: String, arguments: [String], files: [String: String]) async throws {
        try await withPlace { directory, environment in
            for (name, text) in files { try writeFile("\(directory)/\(name)", text) }
            let output = try await Tool.output(
                ["python3", "-c", Self.driver, directory, "\(Self.lines.count)"] + Self.lines.map(\.typed) + [shell]
                    + arguments,
                in: directory, environment: environment)
            let answers = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            #expect(answers.count == Self.lines.count)
            for (line, answer) in zip(Self.lines, answers) {
                #expect(Self.words(answer, after: line.typed) == line.offered, "\(line.typed) became \(answer)")
            }
        }
    }

    /// The words in the place of the one that was typed last.
    private static func words(_ answer: String, after typed: String) -> [String] {
        if answer == typed, answer.last != " " { return [] }
        let kept =
            typed.replacing("\\ ", with: "\u{0}").split(separator: " ", omittingEmptySubsequences: false).count - 1
        return answer.replacing("\\ ", with: "\u{0}").split(separator: " ").dropFirst(kept).map { word in
            var value = word.hasPrefix("--") ? word.drop { $0 != "=" }.dropFirst() : word
            if value.isEmpty { value = word }
            if value.hasSuffix("/") { value.removeLast() }
            return String(value).replacing("\u{0}", with: " ")
        }.sorted()
    }

    /// A directory with the program on `PATH` and some files to complete.
    private func withPlace(_ body: (String, [String: String]) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            for name in ["a.yaml", "b.yml", "c.txt", "with space.yaml", "some directory/d.yaml"] {
                try writeFile("\(directory)/here/\(name)", "")
            }
            try writeFile("\(directory)/bin/.keep", "")
            try FileManager.default.createSymbolicLink(
                atPath: "\(directory)/bin/capsule", withDestinationPath: CapsuleProgram.path)
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            try await body(
                directory,
                [
                    "PATH": "\(directory)/bin:\(path)", "HOME": directory, "ZDOTDIR": directory, "TERM": "xterm",
                    "ANSWERS": "\(directory)/answers", "XDG_CACHE_HOME": "\(directory)/cache",
                    "XDG_CONFIG_HOME": "\(directory)/config", "XDG_DATA_HOME": "\(directory)/data",
                ])
        }
    }

    /// Waits for each answer before it types the next line: ^Xa inserts what is offered, ^Xd writes the line down, ^U clears it.
    private static let driver = #"""
        import os, pty, sys, threading, time
        directory, count = sys.argv[1], int(sys.argv[2])
        lines, shell = sys.argv[3:3 + count], sys.argv[3 + count:]
        answers = os.environ["ANSWERS"]
        open(answers, "w").close()
        process, terminal = pty.fork()
        if process == 0:
            shell = [directory + "/" + word if word == ".bashrc" else word for word in shell]
            os.chdir(directory + "/here")
            os.execvp(shell[0], shell)
        def drain():
            try:
                while os.read(terminal, 65536): pass
            except OSError: pass
        threading.Thread(target=drain, daemon=True).start()
        def count():
            return open(answers).read().count("\n")
        def wait(number):
            end = time.time() + 60
            while count() < number:
                if time.time() > end: sys.exit("no answer " + str(number) + ": " + open(answers).read())
                time.sleep(0.02)
        wait(1)
        # A shell that is ready to be typed into answers; before that, the terminal would take ^U for itself.
        end, seen = time.time() + 60, 1
        while seen < 2 or count() != seen:
            if time.time() > end: sys.exit("the shell answers nothing")
            seen = count()
            if seen < 2: os.write(terminal, b"\x18d")
            time.sleep(0.5)
        for number, line in enumerate(lines):
            os.write(terminal, line.encode() + b"\x18a\x18d\x15")
            wait(seen + number + 1)
        print("\n".join(open(answers).read().split("\n")[seen:-1]))
        os.write(terminal, b"exit\n")
        """#
}
