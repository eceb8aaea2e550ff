// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {EpochReport} from "../../../contracts/interfaces/IEpochReports.sol";
import {ProofClaim} from "../../../contracts/interfaces/IRewardsDistributor.sol";
import {Action} from "./Ghosts.sol";
import {NodeActions} from "./NodeActions.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @title What happens to money: it is awarded, claimed and proven, and lies about it are tried.
abstract contract MoneyActions is NodeActions {
    /// @dev Honest signers award what the pool has released; a part of them, or all.
    function _raise(uint256 seed) internal {
        uint256 index = seed % RECIPIENTS;
        uint256 room = _room();
        if (room == 0) return;
        uint256 amount = lifetime[index] + bound(seed >> 8, 1, room);
        Signed memory signed = _signers(seed >> 64);
        address recipient = _recipient(uint160(index));
        BLS.G2Point memory signature = Signer.sign(signed.secret, rewards.hashRewardClaim(recipient, amount));
        bytes memory data =
            abi.encodeCall(rewards.updateRewardsBalance, (recipient, amount, signature, signed.absent, signed.extra));
        if (_call(Action.Raise, _movesMoney(signed) && !_paused(), data)) lifetime[index] = amount;
    }

    /// @dev A signature of some, with lists that claim that others signed: never accepted (P-23).
    function _lie(uint256 seed) internal {
        Signed memory signed = _signers(seed);
        Signed memory named = _signers(seed >> 128);
        if (signed.active == 0 || signed.secret == named.secret) return;
        bytes32 digest = rewards.hashRewardClaim(_recipient(0), type(uint96).max);
        BLS.G2Point memory signature = Signer.sign(signed.secret, digest);
        _call(
            Action.Lie,
            false,
            abi.encodeCall(
                rewards.updateRewardsBalance,
                (_recipient(0), type(uint96).max, signature, named.absent, named.extra)
            )
        );
    }

    /// @dev At the distributor or by way of the rewards contract.
    function _claim(uint256 seed) internal {
        uint256 index = seed % RECIPIENTS;
        uint256 owed = lifetime[index] - claimed[index];
        uint256 amount = bound(seed >> 8, 0, owed + owed / 4);
        bool expected = amount != 0 && amount <= owed && !_paused();
        address target = (seed >> 250) % 2 == 0 ? address(distributor) : address(rewards);
        bytes memory data = abi.encodeWithSignature("claimRewards(uint256)", amount);
        vm.prank(_recipient(uint160(index)));
        if (_call(target, Action.Claim, expected, data)) claimed[index] += amount;
    }

    /// @dev A report whose tree is one leaf, and a claim by its proof, or somebody else's raise by it. At times paused
    /// between the two: then both are refused.
    function _prove(uint256 seed) internal {
        uint256 index = seed % RECIPIENTS;
        uint256 room = _room();
        Signed memory signed = _signers(0);
        if (room == 0 || _paused() || !_movesMoney(signed)) return;
        uint256 amount = lifetime[index] + bound(seed >> 8, 1, room);
        EpochReport memory report = _reportOf(_closeRunning());
        address recipient = _recipient(uint160(index));
        report.rewardsRoot = keccak256(abi.encode(keccak256(abi.encode(recipient, amount))));
        report.totalOwed = _owed() - lifetime[index] + amount;
        _record(report, signed, true);
        bool isOwn = (seed >> 250) % 2 == 0;
        bool isPaused = (seed >> 245) % 4 == 0;
        if (isPaused) _pauseFor(1 hours);
        if (_useProof(recipient, amount, isOwn, !isPaused)) {
            lifetime[index] = amount;
            if (isOwn) claimed[index] = amount;
        }
        if (isPaused) _endPause();
    }

    function _useProof(address recipient, uint256 amount, bool isOwn, bool expected) private returns (bool) {
        uint256 rootIndex = distributor.payableRootCount() - 1;
        bytes memory data = abi.encodeCall(distributor.claimWithProof, (amount, rootIndex, new bytes32[](0)));
        if (!isOwn) {
            ProofClaim[] memory claims = new ProofClaim[](1);
            claims[0] = ProofClaim(recipient, amount, rootIndex, new bytes32[](0));
            data = abi.encodeCall(distributor.updateRewardsBalancesWithProofs, (claims));
        }
        vm.prank(isOwn ? recipient : address(0x77));
        return _call(address(distributor), Action.Prove, expected, data);
    }

    function _owed() private view returns (uint256 sum) {
        for (uint256 i = 0; i < RECIPIENTS; ++i) sum += lifetime[i];
    }

    /// @dev What the pool has released beyond all lifetime amounts.
    function _room() private view returns (uint256) {
        return pool.released(vm.getBlockTimestamp()) - _owed();
    }

    /// @dev The owner pauses, which it may at any time.
    function _pauseFor(uint256 duration) internal virtual;

    /// @dev The owner ends a pause that is running.
    function _endPause() internal virtual;
}
