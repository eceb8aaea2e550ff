// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {EpochReport, IEpochReports} from "../../../contracts/interfaces/IEpochReports.sol";
import {NodeState} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {Blocks} from "./Blocks.sol";
import {ReportTest} from "./ReportTest.sol";
import {Signer} from "./Signer.sol";
import {Vm, vm} from "./Vm.sol";

/// @title 20 equal nodes, of which a cartel holds 5 to 25%, and what an agent's ledger makes of the events of one
/// epoch.
/// @dev Node i has the secret key i. The cartel's are the first ones.
abstract contract CartelLedger is ReportTest {
    using Blocks for Blocks.Ledger;

    /// @notice An honest node's own showing did what it must: the way back from the trial.
    error ShownAlone();

    uint64 internal constant N = 20;
    uint256 internal constant EVERYBODY = (1 << (N + 1)) - 2;

    uint256 internal cartel; // bit i for node i
    uint256 internal clock;
    EpochReport internal report; // of the last epoch with a record
    bool internal isRecorded;
    /// @dev Who could have signed this report: the cartel, and the honest nodes that were up. All shares are known to
    /// the adversary; whoever is not here has signed nothing.
    uint256 internal shares;
    Blocks.Ledger private ledger;
    uint256 private paidSigners; // of the record that made the root payable
    uint256 private proven; // in some aggregate that the contract has verified
    uint256 private activeBefore; // before the call, and so at the position of its first event

    function setUp() public virtual override {
        super.setUp();
        _startWith(N);
        clock = vm.getBlockTimestamp();
    }

    // --- what must hold ---

    function checkAll() external {
        vm.warp(clock);
        if (!isRecorded) return;
        uint256 present = _present();
        assertTrue(present & ~shares == 0, "nobody is present who has not signed");
        assertTrue(present & ~proven == 0, "nor without a verified aggregate");
        _checkTotal();
        // All that are missing, and one that is not: what is accepted may not depend on it.
        uint64 one = uint64(1 + clock % N);
        for (uint64 id = 1; id <= N; ++id) {
            if (_mayShow(id) && (id == one || (present >> id) & 1 == 0)) _tryAlone(id);
        }
    }

    /// @dev Whoever is present can be added by anyone from what is on chain.
    function _checkTotal() internal view {
        (uint256 signedActive,) = _verifyTotal();
        assertEq(signedActive, _count(rewards.activeBitmap(0) & ledger.present()) * STAKE);
    }

    /// @dev P-24: whether those that are present by blocks are enough to make the root payable.
    function _isEnoughOnChain() internal view returns (bool) {
        (uint256 signedActive, uint256 signedFloor) = _verifyTotal();
        uint256 active = rewards.activeStake();
        return signedActive * 10_000 >= active * 9_500
            && signedFloor * 10_000 >= (active + rewards.decommissionedStake()) * 7_500;
    }

    function _verifyTotal() private view returns (uint256 signedActive, uint256 signedFloor) {
        bytes32 digest = rewards.recordedDigest(report.epoch);
        uint256 signers = ledger.present();
        uint256 active = rewards.activeBitmap(0);
        return rewards.verify(digest, ledger.total(), _idsOf(active & ~signers), _idsOf(signers & ~active));
    }

    function _tryAlone(uint64 id) private {
        (, bytes memory answer) = address(this).call(abi.encodeCall(this.showAlone, (id)));
        if (bytes4(answer) == ShownAlone.selector) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }

    /// @dev Whatever landed before: a node that has signed shows itself, and is present. Always reverts, so that
    /// nothing of it stays.
    function showAlone(uint64 id) external {
        assertTrue(_land(1 << id), "a node's own showing is accepted");
        assertTrue((_present() >> id) & 1 == 1, "and makes it present");
        revert ShownAlone();
    }

    /// @dev Whether an honest node has a share to show, and the time is not over.
    function _mayShow(uint64 id) internal view returns (bool) {
        bool isHonest = (shares & ~cartel) >> id & 1 == 1;
        return isHonest && _isShowTime() && rewards.node(id).state != NodeState.Exited;
    }

    function _isShowTime() internal view returns (bool) {
        return vm.getBlockTimestamp() < _end() + EPOCH;
    }

    /// @dev The end of the reported epoch.
    function _end() internal view returns (uint256) {
        return rewards.genesis() + (report.epoch + 1) * EPOCH;
    }

    function _present() internal view returns (uint256) {
        return ledger.present() | paidSigners;
    }

    /// @dev The nodes of some of the blocks, by the bits of the seed.
    function _someBlocks(uint256 seed) internal view returns (uint256 members) {
        for (uint256 i = 0; i < ledger.blocks.length; ++i) {
            if ((seed >> i) & 1 == 1) members |= ledger.blocks[i].members;
        }
    }

    // --- calls, and their events ---

    /// @dev Shows a set by its aggregate. What the ledger makes of it comes from the event.
    function _land(uint256 signers) internal returns (bool) {
        bytes32 digest = rewards.recordedDigest(report.epoch);
        bytes memory data = abi.encodeCall(
            rewards.showSigners, (report.epoch, Signer.sign(_secretOf(signers), digest), _idsOf(signers))
        );
        return _send(data);
    }

    /// @dev A record by a set of signers, and the lists that fit it.
    function _recordBy(uint256 signers, BLS.G2Point memory signature) internal returns (bool) {
        uint256 active = rewards.activeBitmap(0);
        bytes memory data = abi.encodeCall(
            rewards.reportEpoch, (report, signature, _idsOf(active & ~signers), _idsOf(signers & ~active))
        );
        return _send(data);
    }

    /// @dev A record whose signature is the sum of what is on chain.
    function _recordFromChain() internal returns (bool) {
        return _recordBy(ledger.present(), ledger.total());
    }

    function _send(bytes memory data) private returns (bool success) {
        activeBefore = rewards.activeBitmap(0);
        vm.recordLogs();
        (success,) = address(rewards).call(data);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(rewards)) continue;
            if (logs[i].topics[0] == IEpochReports.SignersShown.selector) _readShowing(logs[i].data);
            if (logs[i].topics[0] == IEpochReports.EpochReportRecorded.selector) _readRecord(logs[i].data);
        }
    }

    function _readShowing(bytes memory data) private {
        (BLS.G2Point memory signature, uint64[] memory signers) = abi.decode(data, (BLS.G2Point, uint64[]));
        uint256 listed = _maskOf(signers);
        proven |= listed;
        ledger.show(listed, signature);
    }

    function _readRecord(bytes memory data) private {
        (, bool isFirst, bool becamePayable, BLS.G2Point memory signature, uint64[] memory non, uint64[] memory extra) =
            abi.decode(data, (bytes32, bool, bool, BLS.G2Point, uint64[], uint64[]));
        uint256 signers = activeBefore & ~_maskOf(non) | _maskOf(extra);
        if (isFirst) {
            (isRecorded, paidSigners, proven) = (true, 0, 0);
            ledger.start(signers, signature);
        }
        if (becamePayable) paidSigners = signers;
        proven |= signers;
    }

    // --- helpers ---

    function _secretOf(uint256 members) internal pure returns (uint256 secret) {
        for (uint256 id = 1; id <= N; ++id) if ((members >> id) & 1 == 1) secret += id;
    }

    function _count(uint256 members) internal pure returns (uint256 count) {
        for (; members != 0; members &= members - 1) ++count;
    }

    function _idsOf(uint256 members) internal pure returns (uint64[] memory ids) {
        ids = new uint64[](_count(members));
        uint256 next = 0;
        for (uint64 id = 1; id <= N; ++id) if ((members >> id) & 1 == 1) ids[next++] = id;
    }

    function _maskOf(uint64[] memory ids) private pure returns (uint256 members) {
        for (uint256 i = 0; i < ids.length; ++i) members |= 1 << ids[i];
    }
}
