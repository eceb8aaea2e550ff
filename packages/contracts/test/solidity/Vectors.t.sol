// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {Bls} from "../../contracts/libraries/Bls.sol";
import {PoolMath} from "../../contracts/libraries/PoolMath.sol";
import {Assert} from "./support/Assert.sol";
import {vm} from "./support/Vm.sol";

/// @dev Takes signatures from calldata, as the contracts do.
contract VectorsCaller {
    function isValid(BLS.G1Point memory key, bytes32 digest, BLS.G2Point calldata signature)
        external
        view
        returns (bool)
    {
        return Bls.isValid(key, digest, signature);
    }
}

/// @dev The vectors that TypeScript is held to: packages/common/vectors.
contract VectorsTest is Assert {
    string private constant DIRECTORY = "../common/vectors/";

    function test_P1_hash_to_curve() public view {
        string memory json = vm.readFile(string.concat(DIRECTORY, "hash-to-g2.json"));
        for (uint256 i = 0; _has(json, ".vectors", i); ++i) {
            bytes32 digest = vm.parseJsonBytes32(json, _path(".vectors", i, ".digest"));
            bytes memory expected = vm.parseJsonBytes(json, _path(".vectors", i, ".eip2537"));
            assertEq(abi.encode(Bls.hashToG2(digest)), expected);
        }
    }

    function test_P1_signatures_of_one_and_of_many() public {
        VectorsCaller caller = new VectorsCaller();
        string memory json = vm.readFile(string.concat(DIRECTORY, "signatures.json"));
        for (uint256 i = 0; _has(json, ".single", i); ++i) {
            _check(caller, json, _path(".single", i, ".publicKeyEip2537"), _path(".single", i, ""));
        }
        for (uint256 i = 0; _has(json, ".aggregate", i); ++i) {
            _check(caller, json, _path(".aggregate", i, ".aggregateKeyEip2537"), _path(".aggregate", i, ""));
        }
    }

    function test_P31_the_exponential() public view {
        string memory json = vm.readFile(string.concat(DIRECTORY, "emission.json"));
        for (uint256 i = 0; _has(json, ".expWad", i); ++i) {
            int256 x = vm.parseJsonInt(json, _path(".expWad", i, ".x"));
            uint256 expected = vm.parseJsonUint(json, _path(".expWad", i, ".result"));
            assertEq(uint256(FixedPointMathLib.expWad(x)), expected);
        }
    }

    function test_P31_the_release() public view {
        string memory json = vm.readFile(string.concat(DIRECTORY, "emission.json"));
        for (uint256 i = 0; _has(json, ".released", i); ++i) {
            uint128 balance = uint128(vm.parseJsonUint(json, _path(".released", i, ".balance")));
            uint256 elapsed = vm.parseJsonUint(json, _path(".released", i, ".elapsedSeconds"));
            uint256 expected = vm.parseJsonUint(json, _path(".released", i, ".released"));
            assertEq(PoolMath.releasedOf(balance, elapsed), expected);
            assertEq(PoolMath.yearlyOf(balance), vm.parseJsonUint(json, _path(".released", i, ".yearly")));
        }
    }

    function _check(VectorsCaller caller, string memory json, string memory keyPath, string memory path) private view {
        BLS.G1Point memory key = abi.decode(vm.parseJsonBytes(json, keyPath), (BLS.G1Point));
        bytes32 digest = vm.parseJsonBytes32(json, string.concat(path, ".digest"));
        bytes memory encoded = vm.parseJsonBytes(json, string.concat(path, ".signatureEip2537"));
        BLS.G2Point memory signature = abi.decode(encoded, (BLS.G2Point));
        assertTrue(caller.isValid(key, digest, signature), "valid");
        assertTrue(!caller.isValid(key, ~digest, signature), "not over another digest");
    }

    /// @dev Every list has at least one entry, so that a renamed list fails.
    function _has(string memory json, string memory list, uint256 i) private view returns (bool) {
        bool exists = vm.keyExistsJson(json, _path(list, i, ""));
        assertTrue(i != 0 || exists, list);
        return exists;
    }

    function _path(string memory list, uint256 i, string memory field) private pure returns (string memory) {
        return string.concat(list, "[", vm.toString(i), "]", field);
    }
}
