import Archive
import CapsuleTestSupport
import GitOps
import Processes
import Rendering

/// Git's own HTTP server program behind a small Python one, on a free port of this machine.
enum GitServer {
    /// Serves the repositories below `root`.
    ///
    /// - Parameters:
    ///   - password: what user `ci` must give, by Basic authentication; nil lets everyone in.
    ///   - answer: a status to answer every request with, instead of Git's.
    static func with<Result: Sendable>(
        root: String, password: String? = nil, answer: Int? = nil, _ body: (_ address: String) async throws -> Result
    ) async throws -> Result {
        let backend = try await Tool.output(["git", "--exec-path"]) + "/git-http-backend"
        let port = "\(root)/port"
        try writeFile("\(root)/server.py", script)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            let environment = [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "ROOT": root, "BACKEND": backend, "PORT_FILE": port,
                "PASSWORD": password ?? "", "ANSWER": answer.map(String.init) ?? "",
            ]
            group.addTask {
                _ = try? await SystemCommandRunner().run(
                    Command("python3", ["\(root)/server.py"], environment: environment, deadline: .seconds(120)))
            }
            defer { group.cancelAll() }
            for _ in 0..<500 {
                if let text = try? readFile(port), !text.isEmpty {
                    return try await body("http://127.0.0.1:\(String(decoding: text, as: UTF8.self))")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            throw ToolFailureDescription(text: "the Git server did not start")
        }
    }

    struct ToolFailureDescription: Error { let text: String }

    private static let script = """
        import base64, http.server, os, socketserver, subprocess
        root, password, answer = os.environ["ROOT"], os.environ["PASSWORD"], os.environ["ANSWER"]
        expected = "Basic " + base64.b64encode(("ci:" + password).encode()).decode()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *args): pass
            def refuse(self, status):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                if status == 401: self.send_header("WWW-Authenticate", "Basic realm=git")
                self.send_header("Content-Length", "0")
                self.end_headers()
            def handle_git(self):
                if answer: return self.refuse(int(answer))
                if password and self.headers.get("Authorization") != expected: return self.refuse(401)
                path, _, query = self.path.partition("?")
                body = b""
                if self.headers.get("Transfer-Encoding") == "chunked":
                    while True:
                        size = int(self.rfile.readline().strip(), 16)
                        body += self.rfile.read(size)
                        self.rfile.readline()
                        if size == 0: break
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                env = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": root, "GIT_HTTP_EXPORT_ALL": "1",
                       "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query, "REMOTE_USER": "ci",
                       "CONTENT_TYPE": self.headers.get("Content-Type", ""), "REMOTE_ADDR": "127.0.0.1",
                       "CONTENT_LENGTH": str(len(body)), "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                       "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                       "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
                out = subprocess.run([os.environ["BACKEND"]], input=body, env=env, capture_output=True).stdout
                head, _, content = out.partition(b"\\r\\n\\r\\n")
                status = 200
                headers = []
                for line in head.decode().split("\\r\\n"):
                    name, _, value = line.partition(": ")
                    if name == "Status": status = int(value.split()[0])
                    elif name: headers.append((name, value))
                self.send_response(status)
                for name, value in headers: self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            do_GET = do_POST = handle_git
        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
        server = Server(("127.0.0.1", 0), Handler)
        with open(os.environ["PORT_FILE"] + ".new", "w") as file: file.write(str(server.server_port))
        os.rename(os.environ["PORT_FILE"] + ".new", os.environ["PORT_FILE"])
        server.serve_forever()

        """
}
