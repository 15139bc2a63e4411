"""The client against a running server: enrolled by a station, then attesting, with the server's own answers.

    live.py FIXTURE    FIXTURE is the program `device_fixture` of the server's examples

Exit status: 0 everything came out as it must, 1 it did not.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def client(*words: str) -> str:
    ran = subprocess.run([sys.executable, str(HERE / "client.py"), *words], capture_output=True, text=True, timeout=60)
    if ran.returncode:
        raise SystemExit(f"client.py {' '.join(words)}: exit status {ran.returncode}\n{ran.stdout}{ran.stderr}")
    return ran.stdout


def must(holds: bool, what: str) -> None:
    if not holds:
        raise SystemExit(f"this does not hold: {what}")


def main() -> int:
    server = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        said = json.loads(server.stdout.readline())
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "anchor").write_text(json.dumps(said["anchor"]))
            (folder / "image").write_bytes(b"firmware 2.1.0")
            content = client(str(folder / "device"), "enrol", "--anchor", str(folder / "anchor"), "--udi",
                             "(01)04012345004007(21)1", "--product", "pump", "--model", "PX-200")
            server.stdin.write(content.strip() + "\n")
            server.stdin.flush()
            must(server.stdout.readline().strip() == "enrolled", "the station enrols the device")
            attest = (str(folder / "device"), "attest", "--server", said["url"], "--image", str(folder / "image"),
                      "--version", "2.1.0")
            first, second = client(*attest).splitlines(), client(*attest).splitlines()
            must(bool(first) and all(line.startswith("logged") for line in first), f"the first evidence: {first}")
            must(bool(second) and all(line.startswith("logged") for line in second), f"the second: {second}")
            places = [int(line.split()[1]) for line in first + second]
            must(places == sorted(set(places)), f"each entry has a place of its own in the log: {places}")
            print(f"live: {len(places)} entries of one device are in the log, each with its receipt")
    finally:
        server.kill()
        server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
