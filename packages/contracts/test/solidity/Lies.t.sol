// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeRegistry, NodeState, SeedNode} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {Bls} from "../../contracts/libraries/Bls.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-23: no lists make a signature pass for one of other signers. The secret key of node i is 2^(64 + i), so that
/// no two sets of nodes have the same sum.
contract LiesTest is NetworkTest {
    uint256 private constant N = 10;
    uint64 private constant PENDING = 8;
    uint64 private constant DECOMMISSIONED = 9;
    uint64 private constant EXITED = 10;
    bytes32 private constant DIGEST = keccak256("message");

    function setUp() public override {
        super.setUp();
        SeedNode[] memory seeds = new SeedNode[](N);
        for (uint64 id = 1; id <= N; ++id) {
            seeds[id - 1] = _seed(_secretOf(id));
        }
        rewards.seedPublicKeyList(seeds);
        token.transfer(address(rewards), rewards.principal());
        rewards.start();
        rewards.setState(PENDING, NodeState.Pending);
        rewards.setState(DECOMMISSIONED, NodeState.Decommissioned);
        rewards.setState(EXITED, NodeState.Exited);
    }

    /// @dev Bit i stands for node i: who has signed, and who is named in which list.
    function testFuzz_P23_lists_pass_only_when_they_name_who_signed(uint16 signers, uint16 absent, uint16 extra)
        public
        view
    {
        _check(signers, absent, extra);
        // The truth, with nodes in the lists that are passed over, and the truth but for one node.
        (uint16 trueAbsent, uint16 trueExtra) = (~signers & _active(), signers & ~_active());
        _check(signers, trueAbsent | (absent & ~_active()), trueExtra | (extra & _active()));
        uint16 one = uint16(2 << (absent % N));
        _check(signers, trueAbsent ^ one, trueExtra ^ one);
    }

    function test_P23_nobody_signs_for_more_than_who_signed() public view {
        // One node alone names the others as extra signers instead of non-signers, in every way there is.
        for (uint64 id = 1; id <= N; ++id) {
            uint16 signer = uint16(1 << id);
            _check(signer, 0, 0);
            _check(signer, 0, type(uint16).max);
            _check(signer, type(uint16).max, type(uint16).max);
            _check(signer, ~signer & _active(), signer & ~_active());
        }
    }

    function test_P3_refuses_signatures_off_the_curve_or_outside_the_subgroup() public {
        BLS.G2Point memory signature = Signer.sign(7, DIGEST);
        signature.x_c0_b = bytes32(uint256(signature.x_c0_b) ^ 1);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
        rewards.verify(DIGEST, signature, none, none);
        // x = 2 on the twist y^2 = x^3 + 4 (1 + i), from @noble/curves.
        signature = BLS.G2Point({
            x_c0_a: 0,
            x_c0_b: bytes32(uint256(2)),
            x_c1_a: 0,
            x_c1_b: 0,
            y_c0_a: 0x0000000000000000000000000000000018c6b864ae17dc9da64203ffefb96630,
            y_c0_b: 0x6425a7bc6aeb7c75247438372716284a4173830420cd476ba1a365b95bfcec38,
            y_c1_a: 0x00000000000000000000000000000000172e93db764a8400a7d5071b6b6f5de0,
            y_c1_b: 0xda2f0f4a063119abca014006b7c40a2cfe291a1924e65db0d6d0fcfbf3bf3d5c
        });
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
        rewards.verify(DIGEST, signature, none, none);
    }

    function test_P32_refuses_a_precompile_that_stopped_answering() public {
        BLS.G2Point memory signature = Signer.sign(7, DIGEST);
        vm.mockCall(Bls.G1ADD, "", "");
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.PrecompileFailed.selector, Bls.G1ADD));
        rewards.verify(DIGEST, signature, _ids(1), none);
        vm.clearMockedCalls();
        vm.mockCall(Bls.PAIRING, "", "");
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.PrecompileFailed.selector, Bls.PAIRING));
        rewards.verify(DIGEST, signature, none, none);
        vm.clearMockedCalls();
    }

    /// @dev Verifies a signature of `signers` with these lists, and holds the answer to the definition of P-23.
    function _check(uint16 signers, uint16 absent, uint16 extra) private view {
        uint16 named = (_active() & ~absent) | (extra & ~_active());
        (uint16 active, uint16 all) = (_active(), uint16(2 ** (N + 1) - 2));
        bool isTrue = named & all == signers & all && named & all != 0;
        (uint64[] memory nonSigners, uint64[] memory extraSigners) = (_listOf(absent), _listOf(extra));
        try rewards.verify(DIGEST, Signer.sign(_secretsOf(signers), DIGEST), nonSigners, extraSigners) returns (
            uint256 signedActive, uint256 signedFloor
        ) {
            assertTrue(isTrue, "passes for others than who signed");
            assertEq(signedActive, _count(signers & active) * STAKE);
            assertEq(signedFloor, _count(signers & (active | uint16(1 << DECOMMISSIONED))) * STAKE);
        } catch (bytes memory reason) {
            assertTrue(!isTrue, "refused although it says who signed");
            bytes4 selector = bytes4(reason);
            assertTrue(
                selector == IServiceNodeRegistry.InvalidSignature.selector
                    || selector == IServiceNodeRegistry.KeyAtInfinity.selector
                    || selector == IServiceNodeRegistry.SignatureAtInfinity.selector,
                "refused for what the lists say"
            );
        }
    }

    function _active() private pure returns (uint16) {
        return 0xfe; // nodes 1 to 7
    }

    function _secretOf(uint64 id) private pure returns (uint256) {
        return 1 << (64 + id);
    }

    function _secretsOf(uint16 nodes) private pure returns (uint256 sum) {
        for (uint64 id = 1; id <= N; ++id) if ((nodes >> id) & 1 == 1) sum += _secretOf(id);
    }

    function _listOf(uint16 nodes) private pure returns (uint64[] memory ids) {
        ids = new uint64[](_count(nodes));
        uint256 count = 0;
        for (uint64 id = 1; id <= N; ++id) if ((nodes >> id) & 1 == 1) ids[count++] = id;
    }

    function _count(uint16 nodes) private pure returns (uint256 count) {
        for (uint64 id = 1; id <= N; ++id) count += (nodes >> id) & 1;
    }
}
