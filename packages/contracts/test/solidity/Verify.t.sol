// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeRegistry, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {NetworkTest} from "./support/NetworkTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-22 and P-23. Nodes 1 to N have secret keys 1 to N, so a signature of a set is one of the sum of its ids.
contract VerifyTest is NetworkTest {
    uint256 private constant N = 12;
    bytes32 private constant DIGEST = keccak256("message");

    function setUp() public override {
        super.setUp();
        _startWith(N);
    }

    function test_P23_everyone_signed() public view {
        (uint256 signedActive, uint256 signedFloor) = rewards.verify(DIGEST, _signed(_sumTo(N)), none, none);
        assertEq(signedActive, N * STAKE);
        assertEq(signedFloor, N * STAKE);
    }

    /// @dev The core of P-23: for any set of signers, the lists that follow from it verify, and the stakes are right.
    function testFuzz_P23_any_signers_any_states(uint256 signerBits, uint256 stateBits) public {
        uint256 active = 0;
        uint256 decommissioned = 0;
        for (uint64 id = 1; id <= N; ++id) {
            uint256 state = (stateBits >> (8 * id)) % 5;
            if (state == 1) rewards.setState(id, NodeState.Pending);
            else if (state == 2) rewards.setState(id, NodeState.Decommissioned);
            else if (state == 3) rewards.setState(id, NodeState.Exited);
            if (state == 2) ++decommissioned;
            if (state == 0 || state == 4) ++active;
        }
        vm.assume(active != 0);
        assertEq(rewards.activeStake(), active * STAKE);
        assertEq(rewards.decommissionedStake(), decommissioned * STAKE);
        _checkSigners(signerBits, active);
    }

    function _checkSigners(uint256 signerBits, uint256 active) private {
        uint256 secret = 0;
        uint256 signedActive = 0;
        uint256 signedExtra = 0;
        uint64[] memory nonSigners = new uint64[](N);
        uint64[] memory extraSigners = new uint64[](N);
        (uint256 k, uint256 m) = (0, 0);
        for (uint64 id = 1; id <= N; ++id) {
            NodeState state = rewards.node(id).state;
            bool signs = (signerBits >> id) & 1 == 1;
            if (signs) secret += id;
            if (signs && state == NodeState.Active) ++signedActive;
            if (signs && state == NodeState.Decommissioned) ++signedExtra;
            if (!signs && state == NodeState.Active) nonSigners[k++] = id;
            if (signs && state != NodeState.Active) extraSigners[m++] = id;
        }
        assembly {
            mstore(nonSigners, k)
            mstore(extraSigners, m)
        }
        assertEq(active - signedActive, k);
        BLS.G2Point memory signature = _signed(secret);
        if (secret == 0) vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.KeyAtInfinity.selector));
        (uint256 gotActive, uint256 gotFloor) = rewards.verify(DIGEST, signature, nonSigners, extraSigners);
        if (secret == 0) return;
        assertEq(gotActive, signedActive * STAKE);
        assertEq(gotFloor, (signedActive + signedExtra) * STAKE);
    }

    function test_P23_inactive_non_signers_and_active_extra_signers_are_passed_over() public {
        rewards.setState(3, NodeState.Decommissioned);
        // Node 3 is named as a non-signer though it is inactive, node 4 as an extra signer though it is active.
        (uint256 signedActive, uint256 signedFloor) =
            rewards.verify(DIGEST, _signed(_sumTo(N) - 3 - 5), _ids(3, 5), _ids(4));
        assertEq(signedActive, (N - 2) * STAKE);
        assertEq(signedFloor, (N - 2) * STAKE);
    }

    function test_P23_refuses_a_signature_that_is_not_of_the_named_set() public {
        BLS.G2Point memory signature = _signed(_sumTo(N) - 2);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidSignature.selector, DIGEST));
        rewards.verify(DIGEST, signature, _ids(3), none);
    }

    function test_P23_refuses_unsorted_ids() public {
        BLS.G2Point memory signature = _signed(_sumTo(N) - 8);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.UnsortedIds.selector, 5, 3));
        rewards.verify(DIGEST, signature, _ids(5, 3), none);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.UnsortedIds.selector, 5, 3));
        rewards.verify(DIGEST, signature, none, _ids(5, 3));
    }

    function test_P23_refuses_duplicate_ids() public {
        BLS.G2Point memory signature = _signed(_sumTo(N) - 6);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.DuplicateId.selector, 3));
        rewards.verify(DIGEST, signature, _ids(3, 3), none);
        rewards.setState(3, NodeState.Pending);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.DuplicateId.selector, 3));
        rewards.verify(DIGEST, signature, none, _ids(3, 3));
    }

    function test_P23_refuses_unknown_ids() public {
        BLS.G2Point memory signature = _signed(_sumTo(N));
        uint64[3] memory unknown = [uint64(0), uint64(N + 1), type(uint64).max];
        for (uint256 i = 0; i < unknown.length; ++i) {
            bytes memory expected = abi.encodeWithSelector(IServiceNodeRegistry.UnknownId.selector, unknown[i], N + 1);
            vm.expectRevert(expected);
            rewards.verify(DIGEST, signature, _ids(unknown[i]), none);
            vm.expectRevert(expected);
            rewards.verify(DIGEST, signature, none, _ids(unknown[i]));
        }
    }

    function test_P23_refuses_an_id_beyond_64_bits() public {
        bytes memory request = abi.encodeCall(rewards.verify, (DIGEST, _signed(_sumTo(N)), _ids(1), none));
        // The list's only element comes after four heads of which one is eight words, and its length.
        uint256 offset = 0x20 + 4 + 11 * 0x20 + 0x20;
        assembly {
            mstore(add(request, offset), add(1, shl(64, 1)))
        }
        (bool success, bytes memory answer) = address(rewards).call(request);
        assertTrue(!success, "refused");
        assertEq(answer, abi.encodeWithSelector(IServiceNodeRegistry.UnknownId.selector, 1 + 2 ** 64, N + 1));
    }

    function test_P23_refuses_infinity_for_an_empty_remainder() public {
        uint64[] memory all = new uint64[](N);
        for (uint64 i = 0; i < N; ++i) all[i] = i + 1;
        BLS.G2Point memory zero;
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.KeyAtInfinity.selector));
        rewards.verify(DIGEST, zero, all, none);
    }

    function test_P23_refuses_the_infinity_signature() public {
        BLS.G2Point memory zero;
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.SignatureAtInfinity.selector));
        rewards.verify(DIGEST, zero, none, none);
    }

    function test_P23_an_all_zero_signature_with_an_empty_node_set() public {
        for (uint64 id = 1; id <= N; ++id) rewards.setState(id, NodeState.Exited);
        assertTrue(_isZero(rewards.aggregatePublicKey()), "aggregate of nobody is infinity");
        BLS.G2Point memory zero;
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.NoActiveStake.selector));
        rewards.verify(DIGEST, zero, none, none);
    }

    function test_P23_an_exited_extra_signer_adds_its_key_and_no_stake() public {
        rewards.setState(3, NodeState.Exited);
        (uint256 signedActive, uint256 signedFloor) = rewards.verify(DIGEST, _signed(_sumTo(N)), none, _ids(3));
        assertEq(signedActive, (N - 1) * STAKE);
        assertEq(signedFloor, (N - 1) * STAKE);
    }

    function test_P22_a_key_pair_that_cancels_makes_the_aggregate_infinity_and_nothing_valid() public {
        for (uint64 id = 2; id <= N; ++id) rewards.setState(id, NodeState.Exited);
        // The negation of node 1's key has a proof of possession too: its secret is known to whoever knows 1's.
        uint64 id2 = _register(Signer.ORDER - 1, address(0xbeef));
        rewards.setState(id2, NodeState.Active);
        assertTrue(_isZero(rewards.aggregatePublicKey()), "cancelled");
        BLS.G2Point memory zero;
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.KeyAtInfinity.selector));
        rewards.verify(DIGEST, zero, none, none);
        // Each of the two alone is still checked as itself.
        (uint256 signedActive,) = rewards.verify(DIGEST, _signed(1), _ids(id2), none);
        assertEq(signedActive, STAKE);
    }

    function _signed(uint256 secret) private view returns (BLS.G2Point memory) {
        return Signer.sign(secret, DIGEST);
    }

    function _isZero(BLS.G1Point memory point) private pure returns (bool) {
        return point.x_a | point.x_b | point.y_a | point.y_b == 0;
    }
}
